#include "config/formats.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "util/endpoint.h"
#include "util/text.h"

namespace ringfort::config {
namespace {

// ISO 3166-1 alpha-2 as of 2024.
constexpr std::string_view countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW ";

constexpr std::size_t shortest_password = 8;
constexpr const char* zone_folder = "/usr/share/zoneinfo";

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// Splits "host:port"; the port is 0 when there is none. Nothing when either part is malformed.
std::optional<std::pair<std::string, std::uint16_t>> split_host_port(const std::string& text) {
  if (util::parse_ip(text)) return std::pair(text, std::uint16_t{0});
  if (const auto endpoint = util::parse_endpoint(text)) {
    if (endpoint->port == 0) return std::nullopt;
    return std::pair(util::to_string(endpoint->ip), endpoint->port);
  }
  const auto colon = text.find(':');
  if (!is_host_name(text.substr(0, colon))) return std::nullopt;
  if (colon == std::string::npos) return std::pair(text, std::uint16_t{0});
  const auto port = port_of(std::string_view(text).substr(colon + 1));
  if (!port) return std::nullopt;
  return std::pair(text.substr(0, colon), *port);
}

// True when the time zone data is installed and does not hold `zone`.
bool known_missing(const std::string& zone) {
  std::error_code error;
  const std::filesystem::path folder(zone_folder);
  if (!std::filesystem::is_directory(folder, error)) return false;
  return !std::filesystem::is_regular_file(folder / zone, error);
}

std::optional<std::string> refuse(const Value& value, const std::string& text,
                                  const std::string& why, const std::string& hint) {
  value.error("\"" + shown(text) + "\" " + why, hint);
  return std::nullopt;
}

}  // namespace

bool is_country(std::string_view code) {
  return code.size() == 2 && std::all_of(code.begin(), code.end(), is_upper) &&
         countries.find(std::string(code) + " ") != std::string_view::npos;
}

bool is_host_name(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return text.size() <= 253 && all_of(text, letters) && text.front() != '.' &&
         text.front() != '-' && text.find("..") == std::string_view::npos &&
         // Digits and dots alone are a mistyped address, not a name.
         text.find_first_not_of("0123456789.") != std::string_view::npos;
}

std::optional<std::string> read_country(const Value& value) {
  const auto text = read_text(value);
  if (!text || is_country(*text)) return text;
  return refuse(value, *text, "is no country",
                "Write the two letters of ISO 3166, such as \"DE\", \"GB\" or \"US\".");
}

std::optional<std::string> read_time_zone(const Value& value) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  const auto text = read_text(value, 64);
  if (!text) return std::nullopt;
  if (all_of(*text, letters) && text->front() != '/' && (*text == "UTC" || !known_missing(*text))) {
    return text;
  }
  return refuse(value, *text, "is no time zone",
                "Write an IANA name such as \"Europe/Berlin\"; timedatectl list-timezones lists "
                "them.");
}

std::optional<std::string> read_path(const Value& value) {
  const auto text = read_text(value, 4000);
  if (!text || text->empty() || text->front() == '/') return text;
  return refuse(value, *text, "is no absolute path", "Begin it with a slash.");
}

std::optional<std::string> read_name(const Value& value) {
  const auto text = read_text(value, 128);
  if (!text || text->find_first_of("\"\\") == std::string::npos) return text;
  return refuse(value, *text, "holds a quote or a backslash",
                "Phones cannot show these in a name.");
}

std::optional<std::string> read_address(const Value& value) {
  const auto text = read_text(value);
  if (!text || text->empty() || util::parse_ip(*text)) return text;
  return refuse(value, *text, "is no IP address", "Write it in numbers, such as \"203.0.113.7\".");
}

std::optional<std::string> read_host(const Value& value) {
  const auto text = read_text(value);
  if (!text || is_host_name(*text) || util::parse_ip(*text)) return text;
  return refuse(value, *text, "is no host name or address", "Such as \"pbx.example.net\".");
}

std::optional<std::string> read_host_port(const Value& value) {
  const auto text = read_text(value);
  if (!text || split_host_port(*text)) return text;
  return refuse(value, *text, "is no host or host:port",
                "Such as \"sip.carrier.example\" or \"203.0.113.7:5060\"; without \"sip:\".");
}

std::optional<std::string> read_network(const Value& value) {
  const auto text = read_text(value);
  if (!text || util::parse_network(*text)) return text;
  return refuse(value, *text, "is no network",
                "Write an address, or a network such as \"192.168.0.0/16\".");
}

std::optional<Listener> read_listener(const Value& value) {
  static const std::string form = "Such as \"udp://0.0.0.0:5060\" or \"tls://[::]:5061\".";
  const auto text = read_text(value);
  if (!text) return std::nullopt;
  const auto slashes = text->find("://");
  const std::string scheme = text->substr(0, slashes);
  Listener listener;
  if (scheme == "tcp") listener.transport = domain::Transport::tcp;
  if (scheme == "tls") listener.transport = domain::Transport::tls;
  if (slashes == std::string::npos || (scheme != "udp" && scheme != "tcp" && scheme != "tls")) {
    refuse(value, *text, "does not begin with udp://, tcp:// or tls://", form);
    return std::nullopt;
  }
  const auto endpoint = util::parse_endpoint(text->substr(slashes + 3));
  if (!endpoint || endpoint->port == 0) {
    refuse(value, *text, "has no numeric address with a port", form);
    return std::nullopt;
  }
  listener.host = util::to_string(endpoint->ip);
  listener.port = endpoint->port;
  return listener;
}

std::optional<domain::TrunkAddress> read_trunk_address(const Value& value) {
  const auto text = read_text(value);
  if (!text) return std::nullopt;
  if (util::parse_network(*text)) return domain::TrunkAddress{*text, 0};
  if (const auto parts = split_host_port(*text)) {
    return domain::TrunkAddress{parts->first, parts->second};
  }
  refuse(value, *text, "is no network, address or host:port",
         "Such as \"203.0.113.0/24\", \"203.0.113.7:5060\" or \"sip.carrier.example:5060\".");
  return std::nullopt;
}

std::optional<domain::Secret> read_secret(const Value& value) {
  static const std::string form = "`ringfort seal` makes a sealed value from a password.";
  // What is wrong is said without the value: messages end in logs.
  auto text = read_text(value, 1024);
  if (!text) return std::nullopt;
  if (text->starts_with("sealed:")) {
    auto opened = value.context.open_secret ? value.context.open_secret(*text) : std::nullopt;
    if (!opened) {
      value.error("cannot be opened with this machine's master key",
                  "Seal it again on this machine with `ringfort seal`.");
      return std::nullopt;
    }
    text = std::move(opened);
  } else if (!text->empty()) {
    value.warning("is kept in plain text", form);
  }
  if (text->empty()) {
    value.error("is empty", "Nobody may register without a password. " + form);
    return std::nullopt;
  }
  if (text->size() < shortest_password) {
    value.warning("is weak: shorter than 8 characters",
                  "Strangers guess such passwords within hours and telephone at your cost.");
  }
  return domain::Secret{std::move(*text)};
}

std::optional<domain::RecordingMode> read_mode(const Value& value, bool may_inherit) {
  using Mode = domain::RecordingMode;
  if (may_inherit) {
    return read_choice<Mode>(value, {{"inherit", Mode::inherit},
                                     {"always", Mode::always},
                                     {"on-demand", Mode::on_demand},
                                     {"never", Mode::never}});
  }
  return read_choice<Mode>(
      value, {{"always", Mode::always}, {"on-demand", Mode::on_demand}, {"never", Mode::never}});
}

std::optional<std::string> read_announcement(const Value& value) {
  const auto text = read_text(value, 1000);
  if (!text || text->empty()) return text;
  const auto colon = text->find(':');
  const std::string kind = text->substr(0, colon);
  if (colon != std::string::npos && colon + 1 < text->size() && (kind == "say" || kind == "file")) {
    return text;
  }
  return refuse(value, *text, "is no announcement",
                "Write \"say:This call is recorded.\", or \"file:recorded.wav\" for a sound file.");
}

std::optional<std::string> read_hold_music(const Value& value) {
  const auto text = read_text(value, 1000);
  if (!text || text->empty() || *text == "auto") return text;
  if (text->starts_with("file:") && text->size() > 5) return text;
  return refuse(value, *text, "is no music", "Write \"file:music.wav\", \"auto\" or \"\".");
}

std::optional<std::string> read_language(const Value& value) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  const auto text = read_text(value, 16);
  if (!text || (text->size() >= 2 && all_of(*text, letters))) return text;
  return refuse(value, *text, "is no language", "Such as \"en\", \"de\" or \"pt-BR\".");
}

std::optional<domain::Millis> read_retention(const Value& value) {
  return read_duration(value, std::chrono::seconds(1), std::chrono::days(100 * 365));
}

}  // namespace ringfort::config
