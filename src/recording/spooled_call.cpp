#include "recording/spooled_call.h"

#include <cstdint>
#include <vector>

#include "audio/bytes.h"

namespace ringfort::recording {

using audio::put;
using audio::take;

namespace {

// Numbers and names are at most half as long.
constexpr std::size_t longest_text = 256;
constexpr std::size_t most_legs = 8;  // two, and more after transfers

void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, longest_text);
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

bool take_text(std::string_view& in, std::string& out) {
  const auto length = take<std::uint16_t>(in);
  if (!length || *length > longest_text || *length > in.size()) return false;
  out = in.substr(0, *length);
  in.remove_prefix(*length);
  return true;
}

void put_time(std::string& out, domain::Time time) {
  put<std::int64_t>(out, time.time_since_epoch().count());
}

bool take_time(std::string_view& in, domain::Time& out) {
  const auto ms = take<std::int64_t>(in);
  if (ms) out = domain::Time(domain::Millis(*ms));
  return ms.has_value();
}

void put_party(std::string& out, const domain::Party& party) {
  for (const auto* text : {&party.number, &party.raw, &party.name, &party.extension, &party.trunk})
    put_text(out, *text);
}

bool take_party(std::string_view& in, domain::Party& out) {
  for (auto* text : {&out.number, &out.raw, &out.name, &out.extension, &out.trunk}) {
    if (!take_text(in, *text)) return false;
  }
  return true;
}

void put_legs(std::string& out, const domain::Call& call) {
  std::vector<const domain::Leg*> talking;
  for (const auto& leg : call.legs) {
    if (leg.answered_at && !leg.ended_at && talking.size() < most_legs) talking.push_back(&leg);
  }
  put(out, static_cast<std::uint8_t>(talking.size()));
  for (const auto* leg : talking) {
    put_text(out, leg->id);
    put_text(out, leg->codec);
    put_time(out, *leg->answered_at);
  }
}

bool take_legs(std::string_view& in, domain::Call& call) {
  const auto count = take<std::uint8_t>(in);
  if (!count || *count > most_legs) return false;
  for (unsigned n = 0; n < *count; ++n) {
    auto& leg = call.legs.emplace_back();
    if (!take_text(in, leg.id) || !take_text(in, leg.codec) ||
        !take_time(in, leg.answered_at.emplace())) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string write_spooled_call(const domain::Call& call) {
  std::string out;
  put(out, static_cast<std::uint8_t>(call.direction));
  put(out, static_cast<std::uint8_t>(call.recording.verdict));
  put_text(out, call.recording.reason);
  put<std::int64_t>(out, call.recording.retention.count());
  put_time(out, call.started_at);
  put_time(out, call.answered_at.value_or(call.started_at));
  put_time(out, call.gone_at);
  for (const auto* party : {&call.from, &call.to, &call.answered_by}) put_party(out, *party);
  put_legs(out, call);
  return out;
}

std::optional<domain::Call> parse_spooled_call(std::string_view bytes) {
  using Verdict = domain::RecordingDecision::Verdict;
  domain::Call call;
  const auto direction = take<std::uint8_t>(bytes);
  const auto verdict = take<std::uint8_t>(bytes);
  if (!direction || *direction > static_cast<std::uint8_t>(domain::Direction::internal) ||
      !verdict || *verdict > static_cast<std::uint8_t>(Verdict::never) ||
      !take_text(bytes, call.recording.reason)) {
    return std::nullopt;
  }
  call.direction = static_cast<domain::Direction>(*direction);
  call.recording.verdict = static_cast<Verdict>(*verdict);
  const auto retention = take<std::int64_t>(bytes);
  call.recording.retention = domain::Millis(retention.value_or(0));
  if (!retention || !take_time(bytes, call.started_at) ||
      !take_time(bytes, call.answered_at.emplace()) || !take_time(bytes, call.gone_at)) {
    return std::nullopt;
  }
  for (auto* party : {&call.from, &call.to, &call.answered_by}) {
    if (!take_party(bytes, *party)) return std::nullopt;
  }
  if (!take_legs(bytes, call)) return std::nullopt;
  return call;
}

}  // namespace ringfort::recording
