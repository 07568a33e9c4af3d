#include "formats/call_json.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "util/phone_number.h"
#include "util/text.h"

namespace ringfort::formats {
namespace {

using nlohmann::json;

constexpr std::size_t longest_text = 4096;

json time_json(domain::Time time) {
  return util::to_rfc3339(time);
}

json time_json(const std::optional<domain::Time>& time) {
  return time ? json(util::to_rfc3339(*time)) : json(nullptr);
}

// Text from outside; bytes that are no UTF-8 would spoil the whole answer.
json text_json(const std::string& text) {
  return util::clean_utf8(text, longest_text);
}

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : text_json(text);
}

json seconds_json(domain::Millis span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count() / 1000.0;
}

json party_json(const domain::Party& party, std::string_view country) {
  const bool ours = !party.extension.empty();
  return {
      {"number", text_json(party.number)},
      {"display", text_json(ours ? party.extension : util::display_number(party.number, country))},
      {"name", text_json(party.name)},
      {"extension", text_or_null(party.extension)},
      {"trunk", text_or_null(party.trunk)}};
}

json talk_seconds(const domain::Call& call) {
  if (!call.answered_at || !call.ended_at) return nullptr;
  return seconds_json(*call.ended_at - *call.answered_at);
}

// What a list says of the recording. A call that is rightly not recorded has no row in the store.
json recording_summary(const domain::Call& call,
                       const std::optional<domain::Recording>& recording) {
  if (!recording) {
    const bool never =
        call.recording.verdict != domain::RecordingDecision::Verdict::record && call.ended_at;
    if (!never) return nullptr;
    return {{"state", "never"},
            {"reason", text_json(call.recording.reason)},
            {"seconds", nullptr},
            {"cut", false}};
  }
  const bool audio = recording->state == domain::RecordingState::sealed;
  return {{"state", to_string(recording->state)},
          {"reason", text_json(recording->reason)},
          {"seconds", audio ? seconds_json(recording->length) : json(nullptr)},
          {"cut", recording->cut}};
}

double loss_percent(const domain::LegQuality& quality) {
  const double all = static_cast<double>(quality.packets_received + quality.packets_lost);
  return all > 0 ? 100.0 * static_cast<double>(quality.packets_lost) / all : 0;
}

json quality_json(const domain::LegQuality& quality) {
  return {{"packets_received", quality.packets_received},
          {"packets_sent", quality.packets_sent},
          {"packets_lost", quality.packets_lost},
          {"packets_refused", quality.packets_refused},
          {"loss_percent", loss_percent(quality)},
          {"jitter_ms", quality.jitter_ms},
          {"remote_loss_percent", quality.remote_loss_percent},
          {"round_trip_ms", quality.round_trip_ms ? json(*quality.round_trip_ms) : json(nullptr)}};
}

json leg_json(const domain::Leg& leg, std::string_view country) {
  return {{"id", leg.id},
          {"caller", leg.caller},
          {"party", party_json(leg.party, country)},
          {"device", text_json(leg.device)},
          {"codec", text_json(leg.codec)},
          {"peer", text_json(leg.peer)},
          {"sip_call_id", text_json(leg.sip_call_id)},
          {"started_at", time_json(leg.started_at)},
          {"ringing_at", time_json(leg.ringing_at)},
          {"answered_at", time_json(leg.answered_at)},
          {"ended_at", time_json(leg.ended_at)},
          {"outcome", to_string(leg.outcome)},
          {"sip_status", leg.sip_status},
          {"q850_cause", leg.q850_cause},
          {"quality", quality_json(leg.quality)}};
}

void add_legs_and_events(json& out, const domain::Call& call, std::string_view country) {
  out["legs"] = json::array();
  for (const auto& leg : call.legs) out["legs"].push_back(leg_json(leg, country));
  out["events"] = json::array();
  for (const auto& event : call.events) {
    out["events"].push_back({{"at", time_json(event.at)},
                             {"kind", to_string(event.kind)},
                             {"leg", text_or_null(event.leg)},
                             {"detail", text_json(event.detail)}});
  }
}

// How the recording of a call in progress stands.
json recording_now_json(const domain::Call& call) {
  const domain::RecordingNow& now = call.recording_now;
  static constexpr std::array<std::string_view, 5> names{"off", "announcing", "recording", "paused",
                                                         "never"};
  const bool begun = now.since != domain::Time{};
  return {{"state", names.at(static_cast<std::size_t>(now.state))},
          {"since", begun ? time_json(now.since) : json(nullptr)},
          {"resumes_at", time_json(now.resumes_at)},
          {"can_stop", call.recording.verdict != domain::RecordingDecision::Verdict::record},
          {"reason", text_json(now.reason)}};
}

}  // namespace

std::string_view to_string(domain::Outcome outcome) {
  static constexpr std::array<std::string_view, 7> names{
      "ongoing", "answered", "no_answer", "busy", "declined", "cancelled", "failed"};
  return names.at(static_cast<std::size_t>(outcome));
}

std::string_view to_string(domain::Direction direction) {
  static constexpr std::array<std::string_view, 3> names{"inbound", "outbound", "internal"};
  return names.at(static_cast<std::size_t>(direction));
}

std::string_view to_string(domain::RecordingState state) {
  static constexpr std::array<std::string_view, 6> names{"recording", "finishing", "sealed",
                                                         "missing",   "never",     "gone"};
  return names.at(static_cast<std::size_t>(state));
}

std::string_view to_string(domain::EventKind kind) {
  static constexpr std::array<std::string_view, 20> names{"started",
                                                          "ringing",
                                                          "answered",
                                                          "held",
                                                          "resumed",
                                                          "transferred",
                                                          "recording_started",
                                                          "recording_ended",
                                                          "recording_missing",
                                                          "trunk_failed",
                                                          "answered_elsewhere",
                                                          "dtmf",
                                                          "media_timeout",
                                                          "ended",
                                                          "recording_paused",
                                                          "recording_resumed",
                                                          "recording_opted_out",
                                                          "announcement_played",
                                                          "listened",
                                                          "transfer_failed"};
  return names.at(static_cast<std::size_t>(kind));
}

json recording_json(const domain::Recording& recording) {
  const bool audio = recording.state == domain::RecordingState::sealed;
  return {{"id", recording.id},
          {"state", to_string(recording.state)},
          {"reason", text_json(recording.reason)},
          {"seconds", audio ? seconds_json(recording.length) : json(nullptr)},
          {"cut", recording.cut},
          {"format", recording.format},
          {"sample_rate", recording.sample_rate},
          {"bytes", recording.bytes},
          {"started_at", time_json(recording.started_at)},
          {"sealed_at", time_json(recording.sealed_at)},
          {"gone_at", time_json(recording.gone_at)},
          {"fingerprint", text_or_null(recording.hash)}};
}

json call_row_json(const store::CallRow& row, std::string_view country) {
  const auto& call = row.call;
  const bool answered = !call.answered_by.number.empty();
  return {{"id", call.id},
          {"direction", to_string(call.direction)},
          {"from", party_json(call.from, country)},
          {"to", party_json(call.to, country)},
          {"answered_by", answered ? party_json(call.answered_by, country) : json(nullptr)},
          {"started_at", time_json(call.started_at)},
          {"answered_at", time_json(call.answered_at)},
          {"ended_at", time_json(call.ended_at)},
          {"outcome", to_string(call.outcome)},
          {"talk_seconds", talk_seconds(call)},
          {"recording", recording_summary(call, row.recording)}};
}

json call_details_json(const store::CallDetails& details, std::string_view country) {
  const auto& call = details.call;
  json out = call_row_json({call, details.recording}, country);
  out["ended_by"] = call.ended_by;
  out["end_reason"] = text_json(call.end_reason);
  out["sip_status"] = call.sip_status;
  out["q850_cause"] = call.q850_cause;
  out["gone_at"] = time_json(call.gone_at);
  add_legs_and_events(out, call, country);
  out["trace"] = json::array();
  for (const auto& step : call.trace) {
    out["trace"].push_back({{"text", text_json(step.text)}, {"source", text_json(step.source)}});
  }
  if (!call.recording.reason.empty()) {
    out["trace"].push_back({{"text", text_json(call.recording.reason)}, {"source", ""}});
  }
  if (details.recording) out["recording"] = recording_json(*details.recording);
  return out;
}

json live_call_json(const domain::Call& call, std::string_view country) {
  json out = call_row_json({call, std::nullopt}, country);
  add_legs_and_events(out, call, country);
  out["recording"] = recording_now_json(call);
  return out;
}

json cli_call_json(const store::CallRow& row) {
  const auto& call = row.call;
  return {{"id", call.id},
          {"direction", to_string(call.direction)},
          {"from", text_json(call.from.number)},
          {"to", text_json(call.to.number)},
          {"answered_by", text_json(call.answered_by.number)},
          {"started_at", time_json(call.started_at)},
          {"answered_at", time_json(call.answered_at)},
          {"ended_at", time_json(call.ended_at)},
          {"outcome", to_string(call.outcome)},
          {"talk_seconds", talk_seconds(call)},
          {"recording", recording_summary(call, row.recording)}};
}

}  // namespace ringfort::formats
