// Who and what there is to call: the immutable picture of one tenant that routing, SIP and the
// web read. Built from the configuration; replaced as a whole on reload.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.h"

namespace ringfort::domain {

enum class RecordingMode { inherit, always, on_demand, never };

// A password. Kept apart from strings so that nothing prints it by accident.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

struct Extension {
  std::string number;  // "101"
  std::string name;    // "Ada Byron"
  Secret password;
  RecordingMode recording = RecordingMode::inherit;
  std::optional<Millis> retention;  // of its recordings; overrides [retention] recordings
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
};

// Where a call goes: "extension:101", "number:+49…", "reject:busy".
struct Route {
  enum class Kind { extension, number, reject };
  Kind kind = Kind::reject;
  std::string argument;
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
};

struct OutboundRule {
  std::string match;                // "+49*": a prefix; without * the whole number
  std::vector<std::string> trunks;  // tried in order
  int line = 0;
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
};

using DirectoryPtr = std::shared_ptr<const Directory>;

}  // namespace ringfort::domain
