// Who and what there is to call: the immutable picture of one tenant that routing, SIP and the
// web read. Built from the configuration; replaced as a whole on reload.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/call.h"
#include "domain/schedule.h"
#include "domain/time.h"

namespace ringfort::domain {

enum class RecordingMode { inherit, always, on_demand, never };

// A password. Kept apart from strings so that nothing prints it by accident.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

// What people hear before a recording begins.
struct Announcement {
  std::string source;           // "say:This call is recorded." or "file:recorded.wav"; empty: none
  std::string language = "en";  // the voice that speaks it
  bool operator==(const Announcement&) const = default;
};

struct Extension {
  std::string number;  // "101"
  std::string name;    // "Ada Byron"
  Secret password;
  RecordingMode recording = RecordingMode::inherit;
  std::optional<Millis> retention;  // of its recordings; overrides [retention] recordings
  bool mask_dtmf = false;           // digits are cut out of its recordings
};

enum class Transport { udp, tcp, tls };

// Where a trunk may send from: a network, or one host with one port.
struct TrunkAddress {
  std::string network;     // CIDR or single address, as configured
  std::uint16_t port = 0;  // 0: any
};

struct Trunk {
  std::string name;
  std::string server;  // host or host:port
  Transport transport = Transport::udp;
  std::string username;
  Secret password;
  bool registers = false;
  std::vector<TrunkAddress> addresses;
  std::string caller_id;  // what we show when the caller's own number may not be shown
  int max_calls = 0;      // 0: no limit
  RecordingMode recording = RecordingMode::inherit;
  std::optional<Millis> retention;
  bool mask_dtmf = false;
};

// Where a call goes: "extension:101", "number:+49…", "reject:busy".
struct Route {
  enum class Kind { extension, number, reject };
  Kind kind = Kind::reject;
  std::string argument;
};

// Where a number's calls go while a schedule is closed.
struct ClosedRoute {
  std::string schedule;
  Route route;
};

// A number that a trunk delivers (DID).
struct InboundNumber {
  std::string number;  // E.164, or the short code the trunk sends
  std::string label;
  std::string trunk;  // only from this trunk; empty: from any
  Route route;
  RecordingMode recording = RecordingMode::inherit;
  std::optional<Millis> retention;
  int line = 0;  // in the configuration file, for "why did this call go there"
  bool mask_dtmf = false;
  std::optional<std::string> announce;  // source, instead of [recording]'s; empty: none
  std::string announce_language;        // empty: as in [recording]
  std::optional<ClosedRoute> closed;
};

struct OutboundRule {
  std::string match;                // "+49*": a prefix; without * the whole number
  std::vector<std::string> trunks;  // tried in order
  int line = 0;
};

enum class ScreeningMode { allow, block, silence };

// What happens to calls from a number (inbound) or to it (outbound).
struct ScreeningRule {
  std::string match;  // "+4990*": a prefix; without * the whole number; "withheld": no number
  ScreeningMode mode = ScreeningMode::allow;
  std::optional<Direction> direction;  // inbound or outbound; nothing: both
  RecordingMode recording = RecordingMode::inherit;
  std::optional<Millis> retention;
  int line = 0;
};

// Keys that steer a recording during a call; an empty code is switched off.
struct FeatureCodes {
  std::string record_pause = "*1";
  std::string record_resume = "*1";  // the same as record_pause: one code does both in turn
  std::string record_start = "*2";
  std::string record_stop = "*3";
  bool operator==(const FeatureCodes&) const = default;
};

// What [recording] says beyond the general mode.
struct RecordingRules {
  RecordingMode inbound = RecordingMode::inherit;
  RecordingMode outbound = RecordingMode::inherit;
  RecordingMode internal = RecordingMode::inherit;
  std::string schedule;                         // recorded only while it is open; empty: always
  Millis pause_limit{std::chrono::minutes(5)};  // a pause ends by itself after it; 0: never
  bool mask_dtmf = false;                       // in every recording
  Announcement announce;                        // before each recording
  bool announce_internal = false;               // also between two extensions
  std::string opt_out = "9";                    // the key that says no; empty: none
  bool operator==(const RecordingRules&) const = default;
};

// How long items are kept; stamped on each when it is made.
struct Retention {
  Millis recordings{std::chrono::days(90)};
  Millis voicemail{std::chrono::days(90)};
  Millis transcripts{std::chrono::days(360)};
  Millis calls{std::chrono::days(360)};
  Millis webhook_deliveries{std::chrono::days(30)};
  Millis audit_log{std::chrono::days(720)};
  Millis closed_accounts{std::chrono::days(30)};
};

struct Directory {
  std::string tenant = "main";
  std::string country = "DE";                       // ISO 3166, for national numbers
  RecordingMode recording = RecordingMode::always;  // never `inherit`
  Millis ring_time{std::chrono::seconds(60)};       // how long an extension's phones ring
  Retention retention;
  std::vector<Extension> extensions;
  std::vector<Trunk> trunks;
  std::vector<InboundNumber> numbers;
  std::vector<OutboundRule> outbound;
  TimeZone zone;  // of the server
  std::vector<Schedule> schedules;
  std::vector<ScreeningRule> screening;
  FeatureCodes feature_codes;
  RecordingRules recording_rules;

  const Extension* find_extension(std::string_view number) const {
    for (const auto& e : extensions) {
      if (e.number == number) return &e;
    }
    return nullptr;
  }
  const Trunk* find_trunk(std::string_view name) const {
    for (const auto& t : trunks) {
      if (t.name == name) return &t;
    }
    return nullptr;
  }
  const Schedule* find_schedule(std::string_view name) const {
    for (const auto& s : schedules) {
      if (s.name == name) return &s;
    }
    return nullptr;
  }
};

using DirectoryPtr = std::shared_ptr<const Directory>;

}  // namespace ringfort::domain
