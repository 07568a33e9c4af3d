// A temporary folder with real store files, and made-up calls to put there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "domain/call.h"
#include "domain/recording.h"
#include "store/database.h"
#include "util/signing.h"
#include "util/uuid.h"

namespace ringfort::testing {

// A folder that goes with this object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ringfort-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// The same one for the whole program.
inline const util::SigningKey& signing_key() {
  static const util::SigningKey key{(util::crypto_start(), util::Key::random())};
  return key;
}

struct StoreFiles {
  TempFolder folder;
  store::Database tenant{folder / "ringfort.db", store::Schema::tenant};
  store::Database keys{folder / "keys.db", store::Schema::keys};
  store::Database system{folder / "system.db", store::Schema::system};
};

inline domain::Time at(std::int64_t seconds) {
  return domain::Time(domain::Millis(1'790'000'000'000 + seconds * 1000));
}

inline domain::Party person(const std::string& number, const std::string& name) {
  domain::Party out;
  out.number = number;
  out.raw = number;
  out.name = name;
  if (number.size() <= 4) out.extension = number;
  if (number.starts_with('+')) out.trunk = "carrier";
  return out;
}

// Begins at at(`second`), is answered after two seconds and lasts `talk` seconds more.
inline domain::Call answered_call(std::int64_t second, std::int64_t talk = 10) {
  domain::Call call;
  call.id = util::make_uuid(at(second));
  call.direction = domain::Direction::inbound;
  call.from = person("+4930123456", "Grace Hopper");
  call.to = person("+493099900", "");
  call.answered_by = person("101", "Ada Byron");
  call.started_at = at(second);
  call.answered_at = at(second + 2);
  call.ended_at = at(second + 2 + talk);
  call.outcome = domain::Outcome::answered;
  call.ended_by = "caller";
  call.end_reason = "The caller hung up.";
  call.sip_status = 200;
  call.q850_cause = 16;
  call.gone_at = call.started_at + std::chrono::days(360);
  call.recording = {domain::RecordingDecision::Verdict::record, "Always.", std::chrono::days(90)};
  domain::Leg leg;
  leg.id = util::make_uuid(at(second));
  leg.caller = true;
  leg.party = call.from;
  leg.codec = "PCMA";
  leg.started_at = call.started_at;
  leg.answered_at = call.answered_at;
  leg.ended_at = call.ended_at;
  leg.outcome = domain::Outcome::answered;
  leg.quality.packets_lost = 7;
  leg.quality.jitter_ms = 1.5;
  leg.quality.round_trip_ms = 20.25;
  call.legs = {leg, leg};
  call.legs[1].caller = false;
  call.legs[1].party = call.answered_by;
  call.events = {{call.started_at, domain::EventKind::started, leg.id, ""},
                 {*call.ended_at, domain::EventKind::ended, "", "The caller hung up."}};
  call.trace = {{"Number +493099900 leads to extension 101.", "numbers, line 48"}};
  return call;
}

inline domain::Recording sealed_recording(const domain::Call& call, std::int64_t seconds) {
  domain::Recording out;
  out.id = util::make_uuid(call.started_at);
  out.call = call.id;
  out.state = domain::RecordingState::sealed;
  out.started_at = call.answered_at.value_or(call.started_at);
  out.sealed_at = out.started_at + std::chrono::seconds(seconds + 1);
  out.length = std::chrono::seconds(seconds);
  out.format = "opus";
  out.sample_rate = 48000;
  out.bytes = 1234;
  out.path = "2026/11/21/" + out.id;
  out.hash = "abcd";
  out.gone_at = out.started_at + std::chrono::days(90);
  return out;
}

}  // namespace ringfort::testing
