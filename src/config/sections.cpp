// The tables that occur once, key by key.
#include <algorithm>

#include "config/field.h"
#include "config/formats.h"
#include "util/endpoint.h"
#include "util/text.h"

namespace ringfort::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

void read_data_dir(const Value& value, Config& config) {
  const auto path = read_path(value);
  if (path && path->empty()) return value.error("is empty", "Write an absolute path.");
  keep(config.server.data_dir, path);
}

void read_country_key(const Value& value, Config& config) {
  keep(config.server.country, read_country(value));
  config.directory.country = config.server.country;
}

void read_zone(const Value& value, Config& config) {
  keep(config.server.time_zone, read_time_zone(value));
  const auto zone = zone_of(config.server.time_zone);
  if (!zone) return value.warning("the tables of time zones are not installed", "Install tzdata.");
  config.directory.zone = *zone;
}

constexpr Field<Config> server_fields[] = {
    {"name", "\"Ringfort\"", "Shown in the web pages.",
     [](const Value& v, Config& c) { keep(c.server.name, read_name(v)); }},
    {"data_dir", "\"/var/lib/ringfort\"", "Where calls, recordings and keys are kept.",
     read_data_dir},
    {"time_zone", "\"UTC\"",
     "For times in the web pages and for schedules; an IANA name such as \"Europe/Berlin\".",
     read_zone},
    {"country", "\"DE\"",
     "How national numbers are read, and which emergency numbers there are; ISO 3166.",
     read_country_key},
    {"drain", "\"5m\"", "How long a stop waits for calls in progress.",
     [](const Value& v, Config& c) {
       keep(c.server.drain, read_duration(v, seconds(0), hours(24)));
     }},
};

void read_listeners(const Value& value, Config& config) {
  const auto list = read_list(value);
  if (!list) return;
  if (list->empty()) return value.error("is empty", "Such as [\"udp://0.0.0.0:5060\"].");
  std::vector<Listener> listeners;
  for (const Value& entry : *list) {
    const auto listener = read_listener(entry);
    if (!listener) continue;
    if (std::find(listeners.begin(), listeners.end(), *listener) != listeners.end()) {
      entry.error("is listed twice");
    }
    listeners.push_back(*listener);
  }
  config.sip.listen = std::move(listeners);
}

// Reads a list of texts, each by `read`.
std::optional<std::vector<std::string>> read_texts(
    const Value& value, std::optional<std::string> (*read)(const Value&)) {
  const auto list = read_list(value);
  if (!list) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& entry : *list) {
    if (auto text = read(entry)) texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<std::string> read_domain(const Value& value) {
  const auto host = read_host(value);
  return host ? std::optional(util::lower(*host)) : std::nullopt;
}

constexpr Field<Config> sip_fields[] = {
    {"listen", "[\"udp://0.0.0.0:5060\", \"tcp://0.0.0.0:5060\", \"tls://0.0.0.0:5061\"]",
     "Where phones and trunks reach this box.", read_listeners},
    {"domains", "[]", "Domains that are accepted in requests; empty: any.",
     [](const Value& v, Config& c) { keep(c.sip.domains, read_texts(v, read_domain)); }},
    {"public_address", "\"\"",
     "This box as seen from the Internet; set it when a trunk is reached through NAT.",
     [](const Value& v, Config& c) { keep(c.sip.public_address, read_address(v)); }},
    {"local_networks",
     "[\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"127.0.0.0/8\", \"::1/128\", "
     "\"fc00::/7\", \"fe80::/10\"]",
     "Networks that are reached without NAT.",
     [](const Value& v, Config& c) { keep(c.sip.local_networks, read_texts(v, read_network)); }},
    {"ring_time", "\"60s\"", "How long the phones of an extension ring.",
     [](const Value& v, Config& c) {
       keep(c.directory.ring_time, read_duration(v, seconds(1), minutes(10)));
     }},
    {"session_expires", "\"30m\"", "How often a long call is checked to be still alive (RFC 4028).",
     [](const Value& v, Config& c) {
       keep(c.sip.session_expires, read_duration(v, seconds(90), hours(24)));
     }},
    {"register_expires_min", "\"60s\"", "Phones that want to register for less are told to wait.",
     [](const Value& v, Config& c) {
       keep(c.sip.register_expires_min, read_duration(v, seconds(1), hours(24)));
     }},
    {"register_expires_max", "\"1h\"", "Phones that want to register for longer get this.",
     [](const Value& v, Config& c) {
       keep(c.sip.register_expires_max, read_duration(v, seconds(1), hours(24)));
     }},
    {"certificate", "\"\"", "PEM file for tls:// listeners; empty: the generated one.",
     [](const Value& v, Config& c) { keep(c.sip.certificate, read_path(v)); }},
    {"private_key", "\"\"", "PEM file of its key.",
     [](const Value& v, Config& c) { keep(c.sip.private_key, read_path(v)); }},
};

void read_ports(const Value& value, Config& config) {
  constexpr int least_ports = 10;
  const auto text = read_text(value, 32);
  if (!text) return;
  const auto parts = util::split(*text, '-');
  const auto first = util::parse_endpoint("0.0.0.0:" + std::string(util::trim(parts.front())));
  const auto last = util::parse_endpoint("0.0.0.0:" + std::string(util::trim(parts.back())));
  if (parts.size() != 2 || !first || !last || first->port < 1024 ||
      last->port < first->port + least_ports - 1) {
    return value.error("\"" + shown(*text) + "\" is no range of ports",
                       "Such as \"16384-32767\": from 1024 on, at least 10 ports. A call takes 4.");
  }
  config.media.first_port = first->port;
  config.media.last_port = last->port;
}

void read_codecs(const Value& value, Config& config) {
  const auto list = read_list(value);
  if (!list) return;
  if (list->empty()) return value.error("is empty", "Known are: opus, g722, pcma, pcmu.");
  std::vector<std::string> codecs;
  for (const Value& entry : *list) {
    const auto codec = read_choice<std::string>(
        entry, {{"opus", "opus"}, {"g722", "g722"}, {"pcma", "pcma"}, {"pcmu", "pcmu"}});
    if (!codec) continue;
    if (std::find(codecs.begin(), codecs.end(), *codec) != codecs.end()) {
      entry.error("\"" + *codec + "\" is listed twice");
    }
    codecs.push_back(*codec);
  }
  config.media.codecs = std::move(codecs);
}

constexpr Field<Config> media_fields[] = {
    {"ports", "\"16384-32767\"", "UDP ports for audio; a call takes four.", read_ports},
    {"codecs", "[\"opus\", \"g722\", \"pcma\", \"pcmu\"]", "In order of preference.", read_codecs},
    {"srtp", "\"offer\"",
     "Encrypted audio: \"off\", \"offer\" (from phones that offer it, and to those on TLS) or "
     "\"require\".",
     [](const Value& v, Config& c) {
       keep(c.media.srtp,
            read_choice<Srtp>(
                v, {{"off", Srtp::off}, {"offer", Srtp::offer}, {"require", Srtp::require}}));
     }},
    {"threads", "0", "Threads that relay audio; 0: one per core, at most 4.",
     [](const Value& v, Config& c) { keep(c.media.threads, read_int(v, 0, 64)); }},
    {"io_uring", "true",
     "Many packets in one system call, where the system has io_uring; false: never.",
     [](const Value& v, Config& c) { keep(c.media.io_uring, read_bool(v)); }},
    {"silence_limit", "\"1m\"",
     "A call whose peer sends no audio and is not on hold ends after this; \"0s\": never.",
     [](const Value& v, Config& c) {
       keep(c.media.silence_limit, read_duration(v, seconds(0), hours(24)));
     }},
    {"hold_limit", "\"4h\"", "The same while a call is on hold.",
     [](const Value& v, Config& c) {
       keep(c.media.hold_limit, read_duration(v, seconds(0), days(7)));
     }},
    {"hold_music", "\"auto\"",
     "What a person hears while the other one holds the call: \"file:music.wav\" (relative to this "
     "file; in a loop, the first five minutes), \"auto\" for the music of the package "
     "asterisk-moh-opsound-wav where it is installed, or \"\" for what the holding phone sends, "
     "mostly silence. A trunk that holds and sends music of its own is heard itself.",
     [](const Value& v, Config& c) { keep(c.media.hold_music, read_hold_music(v)); }},
};

void read_http_listen(const Value& value, Config& config) {
  const auto text = read_text(value);
  if (!text) return;
  const auto endpoint = util::parse_endpoint(*text);
  if (!endpoint || endpoint->port == 0) {
    return value.error("\"" + shown(*text) + "\" is no numeric address with a port",
                       "Such as \"0.0.0.0:8443\" or \"[::]:8443\".");
  }
  config.http.host = util::to_string(endpoint->ip);
  config.http.port = endpoint->port;
}

constexpr Field<Config> http_fields[] = {
    {"listen", "\"0.0.0.0:8443\"", "Where browsers and programs reach this box; always HTTPS.",
     read_http_listen},
    {"certificate", "\"\"", "PEM file; empty: the generated one.",
     [](const Value& v, Config& c) { keep(c.http.certificate, read_path(v)); }},
    {"private_key", "\"\"", "PEM file of its key.",
     [](const Value& v, Config& c) { keep(c.http.private_key, read_path(v)); }},
    {"threads", "64", "Requests at once; every open page holds one.",
     [](const Value& v, Config& c) { keep(c.http.threads, read_int(v, 4, 1024)); }},
};

constexpr Field<Config> retention_fields[] = {
    {"recordings", "\"90d\"", "",
     [](const Value& v, Config& c) { keep(c.directory.retention.recordings, read_retention(v)); }},
    {"calls", "\"12mo\"", "Months have 30 days here.",
     [](const Value& v, Config& c) { keep(c.directory.retention.calls, read_retention(v)); }},
    {"voicemail", "\"90d\"", "",
     [](const Value& v, Config& c) { keep(c.directory.retention.voicemail, read_retention(v)); }},
    {"transcripts", "\"12mo\"", "",
     [](const Value& v, Config& c) { keep(c.directory.retention.transcripts, read_retention(v)); }},
    {"webhook_deliveries", "\"30d\"", "",
     [](const Value& v, Config& c) {
       keep(c.directory.retention.webhook_deliveries, read_retention(v));
     }},
    {"audit_log", "\"24mo\"", "",
     [](const Value& v, Config& c) { keep(c.directory.retention.audit_log, read_retention(v)); }},
    {"closed_accounts", "\"30d\"", "",
     [](const Value& v, Config& c) {
       keep(c.directory.retention.closed_accounts, read_retention(v));
     }},
};

}  // namespace

std::span<const Section> sections() {
  static const Section all[] = {
      {"server", "The box itself.", server_fields},
      {"sip", "Telephony.", sip_fields},
      {"media", "Audio.", media_fields},
      {"http", "Web pages and API.", http_fields},
      {"recording", "Which calls are recorded, and how.", recording_fields()},
      {"feature_codes",
       "Keys that an extension presses during a call, within 3 seconds; the other side hears them "
       "too. \"\": off.",
       feature_code_fields()},
      {"retention", "How long things are kept; stamped on each when it is made.", retention_fields},
      {"backup", "A nightly copy on another disk, checked once a week.", backup_fields()},
  };
  return all;
}

}  // namespace ringfort::config
