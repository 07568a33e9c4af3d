#include "sip/message_class.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_mclass.h>

namespace ringfort::sip {
namespace {

// Lines up to the empty one, or to the end of `text`.
bool too_many_lines(std::string_view text) {
  int lines = 0;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (end == 0 || (end == 1 && text[0] == '\r')) return false;
    if (++lines > most_header_lines) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

// The parser hands its message as `home`, and ends the first line with NUL while the rest of what
// was received lies behind it.
bool acceptable(su_home_t* home, const char* line) {
  auto* msg = reinterpret_cast<msg_t*>(home);
  const auto* data = static_cast<const char*>(msg_buf_committed_data(msg));
  const std::size_t size = msg_buf_committed(msg);
  if (data == nullptr || std::less<>{}(line, data) || !std::less<>{}(line, data + size)) {
    return true;  // not from the network
  }
  const std::string_view all(data, size);
  const auto first = static_cast<std::size_t>(line - data) + std::strlen(line);
  const auto headers = all.find('\n', first);
  return headers == std::string_view::npos || !too_many_lines(all.substr(headers + 1));
}

// The header is given sofia's own class: elsewhere classes are compared by their address.
template <const auto& Class>
issize_t parse_first_line(su_home_t* home, msg_header_t* header, char* line, isize_t size) {
  header->sh_class = Class;
  return acceptable(home, line) ? Class->hc_parse(home, header, line, size) : -1;
}

// The next message of a stream, with what was received of it already. The library would take all
// of that for itself, without a limit.
bool hand_on(msg_t* msg, const char* rest, std::size_t size) {
  msg_t* next = msg_create(msg_mclass(msg), static_cast<int>(msg_get_flags(msg, MSG_FLG_USERMASK)));
  if (next == nullptr) return false;
  msg_maxsize(next, largest_message);
  void* room = msg_buf_alloc(next, size + 1);
  if (room == nullptr) return msg_destroy(next), false;
  std::memcpy(room, rest, size);
  msg_buf_commit(next, size, 0);
  msg_addr_copy(next, msg);
  return msg_set_next(msg, next) == 0;
}

// Comes at the empty line after the headers, and again for the body. Negative: the message is
// bad, and a stream is read no further.
issize_t extract_body(msg_t* msg, msg_pub_t* pub, char data[], isize_t size, int end) {
  auto* sip = reinterpret_cast<sip_t*>(pub);
  const auto* length = sip->sip_content_length;
  const std::size_t body = length == nullptr ? 0 : length->l_length;
  if (body > largest_message || msg_size(msg) + body > largest_message) {
    sip->sip_flags |= MSG_FLG_TOOLARGE;  // is answered with 413
    return -1;
  }
  const issize_t used = sip_default_mclass()->mc_extract_body(msg, pub, data, size, end);
  const bool complete = (sip->sip_flags & MSG_FLG_COMPLETE) != 0;
  if (used < 0 || end != 0 || !complete || static_cast<isize_t>(used) >= size) return used;
  const auto taken = static_cast<std::size_t>(used);
  return hand_on(msg, data + taken, size - taken) ? used : -1;
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

struct OwnClass {
  OwnClass() : made(msg_mclass_clone(sip_default_mclass(), 0, 0)) {
    if (!made) throw std::bad_alloc();
    request = *sip_request_class;
    request.hc_parse = &parse_first_line<sip_request_class>;
    status = *sip_status_class;
    status.hc_parse = &parse_first_line<sip_status_class>;
    made->mc_extract_body = &extract_body;
    made->mc_request[0].hr_class = &request;
    made->mc_status[0].hr_class = &status;
  }
  msg_hclass_s request{}, status{};
  std::unique_ptr<msg_mclass_t, Free> made;
};

}  // namespace

const msg_mclass_t* message_class() {
  static const OwnClass own;
  return own.made.get();
}

}  // namespace ringfort::sip
