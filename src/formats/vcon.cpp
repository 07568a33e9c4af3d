#include "formats/vcon.h"

#include <chrono>

#include "util/crypto.h"
#include "util/text.h"

namespace ringfort::formats {
namespace {

using domain::Outcome;
using nlohmann::json;

constexpr std::size_t longest_text = 500;

json party_json(const domain::Party& party) {
  json out = json::object();
  const std::string number = util::clean_utf8(party.number, longest_text);
  if (!number.empty()) out["tel"] = "tel:" + number;
  if (!party.name.empty()) {
    out["name"] = util::clean_utf8(party.name, longest_text);
  } else if (number.empty()) {
    out["name"] = "anonymous";
  }
  return out;
}

double seconds(domain::Millis span) {
  return static_cast<double>(span.count()) / 1000;
}

const char* disposition(Outcome outcome) {
  switch (outcome) {
    case Outcome::busy:
      return "busy";
    case Outcome::no_answer:
      return "no-answer";
    case Outcome::cancelled:
    case Outcome::declined:
      return "hung-up";
    default:
      return "failed";
  }
}

const char* vcon_media_type(audio::AudioFormat format) {
  switch (format) {
    case audio::AudioFormat::wav:
      return "audio/x-wav";
    case audio::AudioFormat::mp3:
      return "audio/x-mp3";
    case audio::AudioFormat::aac:
      return "audio/x-mp4";
    default:
      return "audio/ogg";
  }
}

// Who held the call, and when: party 0 is the caller.
json history(const domain::Call& call) {
  auto out = json::array();
  for (const auto& event : call.events) {
    const bool held = event.kind == domain::EventKind::held;
    if (!held && event.kind != domain::EventKind::resumed) continue;
    int party = 1;
    for (const auto& leg : call.legs) {
      if (leg.id == event.leg && leg.caller) party = 0;
    }
    out.push_back({{"party", party},
                   {"time", util::to_rfc3339(event.at)},
                   {"event", held ? "hold" : "unhold"}});
  }
  return out;
}

json incomplete(const domain::Call& call) {
  json out{{"type", "incomplete"},
           {"start", util::to_rfc3339(call.started_at)},
           {"parties", {0, 1}},
           {"disposition", disposition(call.outcome)}};
  if (call.ended_at) out["duration"] = seconds(*call.ended_at - call.started_at);
  return out;
}

json talk(const store::CallDetails& details, const std::optional<VconAudio>& audio) {
  const auto& call = details.call;
  json out{{"type", "recording"}, {"parties", {0, 1}}};  // left, right; the caller began
  if (const auto& recording = details.recording; recording && audio) {
    out["start"] = util::to_rfc3339(recording->started_at);
    out["duration"] = seconds(recording->length);
    if (audio->channels == 1) out["parties"] = json::array({{0, 1}});
    out["mediatype"] = vcon_media_type(audio->format);
    out["filename"] = audio->filename;
    out["encoding"] = "base64url";
    out["body"] = audio->body;
  } else {
    out["start"] = util::to_rfc3339(*call.answered_at);
    if (call.ended_at) out["duration"] = seconds(*call.ended_at - *call.answered_at);
  }
  if (auto events = history(call); !events.empty()) out["party_history"] = std::move(events);
  return out;
}

}  // namespace

json vcon(const store::CallDetails& details, domain::Time now,
          const std::optional<VconAudio>& audio) {
  const auto& call = details.call;
  const auto& callee = call.answered_by.number.empty() ? call.to : call.answered_by;
  return {{"vcon", "0.4.0"},
          {"uuid", call.id},
          {"created_at", util::to_rfc3339(now)},
          {"subject", "Call " + call.id},
          {"parties", json::array({party_json(call.from), party_json(callee)})},
          {"dialog", json::array({call.answered_at ? talk(details, audio) : incomplete(call)})},
          {"analysis", json::array()},
          {"attachments", json::array()}};
}

util::Result<void> write_vcon(const store::CallDetails& details, domain::Time now, VconAudio audio,
                              const AudioSource& source, const WriteText& write) {
  audio.body = util::random_token();  // no text from outside can be the same
  const std::string text = vcon(details, now, audio).dump();
  const auto at = text.find(audio.body);
  const auto stopped = util::fail("The reader went away.");
  if (at == std::string::npos) return util::fail("The call was not answered.", 500, 409);
  if (!write(text.substr(0, at))) return stopped;
  Base64Url encoder;
  const auto done =
      source([&](std::span<const std::byte> bytes) { return write(encoder.add(bytes)); });
  if (!done) return done;
  if (!write(encoder.finish() + text.substr(at + audio.body.size()))) return stopped;
  return {};
}

void Base64Url::put(std::string& out, std::uint32_t three, int characters) const {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int i = 0; i < characters; ++i) out += alphabet[(three >> (18 - 6 * i)) & 63];
}

std::string Base64Url::add(std::span<const std::byte> bytes) {
  std::string out;
  out.reserve(bytes.size() * 4 / 3 + 4);
  for (const auto byte : bytes) {
    held_ = held_ << 8 | std::to_integer<std::uint32_t>(byte);
    if (++count_ < 3) continue;
    put(out, held_, 4);
    held_ = 0;
    count_ = 0;
  }
  return out;
}

std::string Base64Url::finish() {
  std::string out;
  if (count_ > 0) put(out, held_ << (8 * (3 - count_)), count_ + 1);
  held_ = 0;
  count_ = 0;
  return out;
}

}  // namespace ringfort::formats
