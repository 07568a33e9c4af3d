#include "sip/q850.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "util/text.h"

namespace ringfort::sip {
namespace {

struct Row {
  int status;
  int cause;
  const char* text;
};

constexpr std::array<Row, 31> by_status{{
    {200, 16, "Hung up."},
    {400, 41, "The other side found the request faulty."},
    {401, 21, "The other side asked for credentials."},
    {402, 21, "The other side asked for payment."},
    {403, 21, "The other side forbids the call."},
    {404, 1, "The number does not exist."},
    {405, 63, "The other side cannot do that."},
    {406, 79, "The other side cannot do that."},
    {407, 21, "The other side asked for credentials."},
    {408, 18, "The other side did not answer."},
    {410, 22, "The number has changed."},
    {413, 127, "The other side found the request too long."},
    {415, 79, "The other side cannot do the offered media."},
    {420, 127, "The other side cannot do a required extension."},
    {480, 18, "Nobody answered."},
    {481, 41, "The other side does not know the call."},
    {482, 25, "The call goes in a circle."},
    {483, 25, "The call has passed too many servers."},
    {484, 28, "The number is not complete."},
    {486, 17, "Busy."},
    {487, 16, "Cancelled."},
    {488, 88, "There are no media that both sides can do."},
    {500, 41, "The other side failed."},
    {501, 79, "The other side cannot do that."},
    {502, 38, "The network beyond the other side failed."},
    {503, 41, "The other side cannot be reached."},
    {504, 102, "The network beyond the other side did not answer."},
    {600, 17, "Busy everywhere."},
    {603, 21, "Declined."},
    {604, 1, "The number does not exist anywhere."},
    {606, 88, "There are no media that both sides can do."},
}};

// The way back (RFC 3398 §7.2.4.1) where it is not the first row with that cause.
constexpr std::array<std::pair<int, int>, 15> by_cause{{{1, 404},
                                                        {2, 404},
                                                        {3, 404},
                                                        {16, 480},
                                                        {17, 486},
                                                        {18, 408},
                                                        {19, 480},
                                                        {20, 480},
                                                        {21, 403},
                                                        {22, 410},
                                                        {27, 502},
                                                        {28, 484},
                                                        {34, 503},
                                                        {38, 503},
                                                        {88, 488}}};

const Row* row_of(int status) {
  const auto* found = std::find_if(by_status.begin(), by_status.end(),
                                   [&](const Row& row) { return row.status == status; });
  return found == by_status.end() ? nullptr : found;
}

}  // namespace

int q850_of(int sip_status) {
  if (const Row* row = row_of(sip_status)) return row->cause;
  if (sip_status < 300) return 16;
  if (sip_status < 400) return 23;  // redirection to a new destination
  return sip_status < 500 ? 127 : 41;
}

int status_of(int q850_cause) {
  for (const auto& [cause, status] : by_cause) {
    if (cause == q850_cause) return status;
  }
  return 500;
}

std::string reason_header(int q850_cause, const std::string& text) {
  if (text.empty()) return fmt::format("Q.850;cause={}", q850_cause);
  std::string safe;
  for (const char c : util::clean_utf8(text, 128)) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c;
  }
  return fmt::format("Q.850;cause={};text=\"{}\"", q850_cause, safe);
}

std::string status_text(int sip_status) {
  if (const Row* row = row_of(sip_status)) return row->text;
  return fmt::format("The other side answered {}.", sip_status);
}

LegEnd ended_with(int sip_status, bool by_peer) {
  return {sip_status, q850_of(sip_status), status_text(sip_status), by_peer};
}

}  // namespace ringfort::sip
