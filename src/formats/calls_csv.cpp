#include "formats/calls_csv.h"

#include <chrono>
#include <string_view>
#include <vector>

#include "util/text.h"

namespace ringfort::formats {
namespace {

constexpr std::string_view header =
    "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,"
    "duration,billsec,disposition,amaflags,uniqueid,userfield\r\n";

// Asterisk writes local time without zone; ours is UTC.
std::string cdr_time(const std::optional<domain::Time>& time) {
  if (!time) return {};
  std::string text = util::to_rfc3339(*time).substr(0, 19);
  text[10] = ' ';
  return text;
}

long seconds(const std::optional<domain::Time>& from, const std::optional<domain::Time>& to) {
  if (!from || !to) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(*to - *from).count();
}

std::string_view disposition(domain::Outcome outcome) {
  switch (outcome) {
    case domain::Outcome::answered:
      return "ANSWERED";
    case domain::Outcome::busy:
      return "BUSY";
    case domain::Outcome::failed:
      return "FAILED";
    default:
      return "NO ANSWER";
  }
}

std::string channel(const domain::Party& party) {
  if (!party.extension.empty()) return "SIP/" + party.extension;
  return party.trunk.empty() ? std::string() : "SIP/" + party.trunk;
}

}  // namespace

// A caller's display name may begin with "=".
std::string csv_field(std::string_view text, bool is_number) {
  std::string safe(text);
  const bool formula =
      !safe.empty() && std::string_view("=+-@\t\r").find(safe[0]) != std::string_view::npos;
  const bool plain_number =
      is_number && safe.find_first_not_of("+0123456789*#") == std::string::npos;
  if (formula && !plain_number) safe.insert(0, 1, '\'');
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string calls_csv_header() {
  return std::string(header);
}

std::string calls_csv_line(const store::CallRow& row) {
  const auto& call = row.call;
  const std::string clid = call.from.name.empty()
                               ? call.from.number
                               : "\"" + call.from.name + "\" <" + call.from.number + ">";
  const std::vector<std::string> fields{
      "",
      csv_field(call.from.number, true),
      csv_field(call.to.number, true),
      "ringfort",
      csv_field(clid, call.from.name.empty()),
      csv_field(channel(call.from)),
      csv_field(channel(call.answered_by)),
      "Dial",
      csv_field(call.to.raw, true),
      cdr_time(call.started_at),
      cdr_time(call.answered_at),
      cdr_time(call.ended_at),
      std::to_string(seconds(call.started_at, call.ended_at)),
      std::to_string(seconds(call.answered_at, call.ended_at)),
      std::string(disposition(call.outcome)),
      "DOCUMENTATION",
      call.id,
      csv_field(row.recording ? row.recording->path : std::string())};
  std::string line;
  for (const auto& each : fields) line += (&each == &fields[0] ? "" : ",") + each;
  return line + "\r\n";
}

}  // namespace ringfort::formats
