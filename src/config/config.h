// The typed configuration of one box and its tenant `main`, with every key's default. Read by
// parse() from TOML; the daemon never writes it. Each field's comment is its documentation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/directory.h"

namespace ringfort::config {

struct Server {
  std::string name = "Ringfort";                  // shown in the web UI
  std::string data_dir = "/var/lib/ringfort";     // everything that is kept
  std::string time_zone = "UTC";                  // IANA name, for the web UI
  std::string country = "DE";                     // how national numbers become E.164
  domain::Millis drain{std::chrono::minutes(5)};  // how long SIGTERM waits for calls
  bool operator==(const Server&) const = default;
};

struct Listener {
  domain::Transport transport = domain::Transport::udp;
  std::string host;  // numeric, IPv6 without brackets
  std::uint16_t port = 5060;
  bool operator==(const Listener&) const = default;
};

struct Sip {
  std::vector<Listener> listen{{domain::Transport::udp, "0.0.0.0", 5060},
                               {domain::Transport::tcp, "0.0.0.0", 5060},
                               {domain::Transport::tls, "0.0.0.0", 5061}};
  std::vector<std::string> domains;  // accepted in request URIs; empty: any
  std::string public_address;        // put into Contact and SDP for peers outside local_networks
  std::vector<std::string> local_networks{"10.0.0.0/8",  "172.16.0.0/12", "192.168.0.0/16",
                                          "127.0.0.0/8", "::1/128",       "fc00::/7",
                                          "fe80::/10"};      // CIDR
  std::string certificate;                                   // PEM file; empty: the generated one
  std::string private_key;                                   // PEM file
  domain::Millis session_expires{std::chrono::minutes(30)};  // RFC 4028
  domain::Millis register_expires_max{std::chrono::hours(1)};
  domain::Millis register_expires_min{std::chrono::seconds(60)};
  bool operator==(const Sip&) const = default;
};

enum class Srtp { off, offer, require };

struct Media {
  std::uint16_t first_port = 16384;
  std::uint16_t last_port = 32767;
  std::vector<std::string> codecs{"opus", "g722", "pcma", "pcmu"};  // in order of preference
  Srtp srtp = Srtp::offer;
  int threads = 0;       // 0: one per core, at most 4
  bool io_uring = true;  // where the system has it
  // A leg that neither sends RTP nor is on hold ends the call after this; 0: never.
  domain::Millis silence_limit{std::chrono::minutes(1)};
  // The same while a call is on hold.
  domain::Millis hold_limit{std::chrono::hours(4)};
  // What a person hears whom the other one holds: "file:PATH", "auto" or nothing.
  std::string hold_music = "auto";
  bool operator==(const Media&) const = default;
};

struct Http {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8443;
  std::string certificate;  // PEM file; empty: the generated one
  std::string private_key;
  int threads = 64;  // one is held by each open live page
  bool operator==(const Http&) const = default;
};

enum class AudioFile { opus, ogg, wav };

struct Recording {
  AudioFile format = AudioFile::opus;
  std::uint64_t reserve = 512ULL << 20;  // recordings stop when less is free on the disk
  bool operator==(const Recording&) const = default;
};

struct Backup {
  std::string dir;                               // empty: no back-up
  std::string keys;                              // where the wrapped keys go; empty: dir/keys
  domain::Millis at{std::chrono::minutes(150)};  // after midnight, by the clock on the wall
  bool operator==(const Backup&) const = default;
};

struct Config {
  Server server;
  Sip sip;
  Media media;
  Http http;
  Recording recording;
  Backup backup;
  domain::Directory directory;  // extensions, trunks, numbers, outbound, retention
};

struct Problem {
  int line = 0;       // 0: the file as a whole
  std::string text;   // what is wrong and what was expected
  std::string hint;   // may be empty
  bool fatal = true;  // false: a warning
};

struct Parsed {
  Config config;  // only to be used when nothing in `problems` is fatal
  std::vector<Problem> problems;
  bool good() const;
};

// Opens a "sealed:v1:…" value; nothing when it cannot.
using SecretOpener = std::function<std::optional<std::string>(std::string_view)>;

// Reads TOML text; reports every problem at once, in order of lines. Never throws for bad input.
Parsed parse(std::string_view toml, const SecretOpener& open_secret);
// Only [server] data_dir, for finding the master key before sealed values can be opened.
std::string data_dir_of(std::string_view toml);
// "FILE:LINE: text" and an indented hint, one problem after the other.
std::string describe(const std::vector<Problem>& problems, std::string_view file);
// The documented example configuration with every key and its default.
std::string example();

}  // namespace ringfort::config
