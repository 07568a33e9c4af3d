#include "sip/refer.h"

#include <cstring>

#include "sip/message.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

constexpr std::size_t longest_headers = 1024;
constexpr std::size_t longest_id = 256;
constexpr std::size_t longest_tag = 128;

// How people write telephone numbers (RFC 3966 §5.1.1).
std::string without_separators(std::string number) {
  std::erase_if(number,
                [](char c) { return std::string_view("-.() ").find(c) != std::string::npos; });
  return number;
}

std::string number_of(const url_t* url) {
  if (url->url_type != url_tel) return user_of(url);
  // Sofia keeps what follows "tel:" as the user; other versions as the host.
  const std::string user = user_of(url);
  return without_separators(user.empty() ? host_of(url) : user);
}

bool other_method(const url_t* url) {
  char method[32] = "";
  if (url->url_params == nullptr ||
      url_param(url->url_params, "method", method, sizeof(method)) == 0) {
    return false;
  }
  return !su_casematch(method, "INVITE");
}

}  // namespace

std::string uri_header(const url_t* url, std::string_view name) {
  if (url->url_headers == nullptr) return {};
  if (strnlen(url->url_headers, longest_headers + 1) > longest_headers) return {};
  for (const auto& item : util::split(url->url_headers, '&')) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || util::lower(unescape(item.substr(0, equals))) != name)
      continue;
    return unescape(item.substr(equals + 1));
  }
  return {};
}

util::Result<DialogName> parse_replaces(std::string_view value) {
  const auto wrong = [] { return util::fail("The Replaces header names no dialog.", 400); };
  if (value.empty() || value.size() > longest_headers) return wrong();
  Home home;
  const auto* header = sip_replaces_make(home.get(), std::string(value).c_str());
  if (header == nullptr || header->rp_call_id == nullptr || header->rp_to_tag == nullptr ||
      header->rp_from_tag == nullptr) {
    return wrong();
  }
  DialogName name{header->rp_call_id, header->rp_to_tag, header->rp_from_tag,
                  header->rp_early_only != 0};
  const bool fits = !name.call_id.empty() && name.call_id.size() <= longest_id &&
                    name.local_tag.size() <= longest_tag && name.remote_tag.size() <= longest_tag;
  if (!fits) return wrong();
  return name;
}

util::Result<std::optional<DialogName>> read_replaces(const sip_t* sip) {
  const auto* header = sip->sip_replaces;
  if (header == nullptr) return std::nullopt;
  const bool whole = header->rp_call_id != nullptr && header->rp_to_tag != nullptr &&
                     header->rp_from_tag != nullptr;
  if (!whole || std::strlen(header->rp_call_id) > longest_id ||
      std::strlen(header->rp_to_tag) > longest_tag ||
      std::strlen(header->rp_from_tag) > longest_tag) {
    return util::fail("The Replaces header names no dialog.", 400);
  }
  return DialogName{header->rp_call_id, header->rp_to_tag, header->rp_from_tag,
                    header->rp_early_only != 0};
}

util::Result<Referral> read_referral(const sip_t* sip) {
  const auto* header = sip->sip_refer_to;
  if (header == nullptr) return util::fail("The REFER does not say where to.", 400);
  const url_t* url = header->r_url;
  if (url->url_type != url_sip && url->url_type != url_sips && url->url_type != url_tel) {
    return util::fail("A call can be transferred to a sip: or tel: address only.", 416);
  }
  if (other_method(url)) return util::fail("Only calls can be transferred.", 603);
  Referral out;
  out.target = number_of(url);
  const bool too_long = url->url_headers != nullptr &&
                        strnlen(url->url_headers, longest_headers + 1) > longest_headers;
  if (too_long) return util::fail("The address of the transfer is too long.", 400);
  if (const std::string replaces = uri_header(url, "replaces"); !replaces.empty()) {
    auto name = parse_replaces(replaces);
    if (!name) return tl::unexpected(name.error());
    out.replaces = std::move(*name);
  }
  if (out.target.empty() && !out.replaces) {
    return util::fail("The address of the transfer names nobody.", 400);
  }
  return out;
}

bool wants_no_notify(const sip_t* sip) {
  const auto* header = sip_refer_sub(sip);
  return header != nullptr && header->rs_value != nullptr &&
         su_casematch(header->rs_value, "false");
}

std::string sipfrag(int status) {
  return "SIP/2.0 " + std::to_string(status) + " " + sip_status_phrase(status) + "\r\n";
}

}  // namespace ringfort::sip
