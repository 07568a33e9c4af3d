// What the web server parses itself: ranges, cookies, filters of the call list in a query or in a
// JSON body, wishes for downloads and exports.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/access.h"
#include "http/call_filter.h"
#include "http/range.h"
#include "http/wishes.h"

using namespace ringfort::http;

namespace {

void require(bool kept) {
  if (!kept) __builtin_trap();
}

void read_range(const std::string& text) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{1} << 40}) {
    const auto range = choose_range(text, size);
    if (range.kind != RangeAnswer::Kind::part) continue;
    require(range.length > 0 && range.first < size && range.length <= size - range.first);
  }
}

void read_cookie(const std::string& text) {
  httplib::Request request;
  request.headers.emplace("Cookie", text);
  require(session_token(request).size() <= 128);
}

void read_query(const std::string& text) {
  httplib::Request request;
  httplib::detail::parse_query_text(text, request.params);
  try {
    const auto filter =
        call_filter([&](const char* name) { return request.get_param_value(name); });
    require(filter.limit >= 1 && filter.limit <= 500 && filter.number.size() <= 200);
  } catch (const std::invalid_argument&) {
  }
  try {
    const auto wish = wish_of(request);
    require(wish.channels == 1 || wish.channels == 2);
  } catch (const std::invalid_argument&) {
  }
}

void read_body(const std::string& text) {
  const auto body = nlohmann::json::parse(text, nullptr, false);
  if (!body.is_object()) return;
  try {
    (void)call_filter(texts_of(body));
  } catch (const std::invalid_argument&) {
  }
  try {
    const auto wish = wish_of(body);
    require(wish.channels == 1 || wish.channels == 2);
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_range(text);
  read_cookie(text);
  read_query(text);
  read_body(text);
  return 0;
}
