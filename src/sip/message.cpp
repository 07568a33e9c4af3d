#include "sip/message.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <spdlog/fmt/fmt.h>

#include "sip/q850.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::sip {
namespace {

constexpr std::size_t longest_user = 128;
constexpr std::size_t most_path_ids = 32;

util::Endpoint endpoint_of(const su_sockaddr_t* address) {
  sockaddr_storage storage{};
  const std::size_t size =
      address->su_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::memcpy(&storage, address, size);
  return util::from_sockaddr(storage);
}

std::optional<domain::Transport> transport_of(std::string_view name) {
  const std::string key = util::lower(name);
  if (key == "udp") return domain::Transport::udp;
  if (key == "tcp") return domain::Transport::tcp;
  if (key == "tls") return domain::Transport::tls;
  return std::nullopt;
}

domain::Party party_of(const sip_addr_t* address) {
  domain::Party party;
  if (address == nullptr) return party;
  party.raw = party.number = user_of(address->a_url);
  party.name = display_name(address->a_display);
  return party;
}

bool has_item(const msg_param_t* items, const char* item) {
  for (; items != nullptr && *items != nullptr; ++items) {
    if (su_casematch(*items, item)) return true;
  }
  return false;
}

bool anonymous(const sip_addr_t* from) {
  if (from == nullptr) return true;
  const std::string user = util::lower(user_of(from->a_url));
  const std::string host = util::lower(host_of(from->a_url));
  return user.empty() || user == "anonymous" || user == "unknown" || host == "anonymous.invalid";
}

}  // namespace

std::string_view transport_name(domain::Transport transport) {
  if (transport == domain::Transport::tls) return "tls";
  return transport == domain::Transport::tcp ? "tcp" : "udp";
}

std::string flow_uri(const Flow& flow) {
  return fmt::format("sip:{};transport={}", util::to_string(flow.endpoint),
                     transport_name(flow.transport));
}

std::optional<Flow> parse_flow(std::string_view uri) {
  constexpr std::string_view scheme = "sip:", parameter = ";transport=";
  const auto cut = uri.find(parameter);
  if (!uri.starts_with(scheme) || cut == std::string_view::npos) return std::nullopt;
  const auto endpoint = util::parse_endpoint(uri.substr(scheme.size(), cut - scheme.size()));
  const auto transport = transport_of(uri.substr(cut + parameter.size()));
  if (!endpoint || !transport) return std::nullopt;
  return Flow{*endpoint, *transport};
}

Flow source_of(nta_agent_t* agent, const msg_t* msg) {
  Flow flow;
  const su_sockaddr_t* address = msg_addr(const_cast<msg_t*>(msg));
  if (address != nullptr) flow.endpoint = endpoint_of(address);
  if (tport_t* tport = tport_delivered_by(nta_agent_tports(agent), msg)) {
    const tp_name_t* name = tport_name(tport);
    if (name != nullptr && name->tpn_proto != nullptr) {
      flow.transport = transport_of(name->tpn_proto).value_or(domain::Transport::udp);
    }
  }
  return flow;
}

std::string text(const char* value, std::size_t max) {
  if (value == nullptr) return {};
  return util::clean_utf8(std::string_view(value, strnlen(value, max)), max);
}

std::string unescape(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    unsigned value = 0;
    if (raw[i] == '%' && i + 2 < raw.size() &&
        std::from_chars(raw.data() + i + 1, raw.data() + i + 3, value, 16).ptr ==
            raw.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += raw[i];
    }
  }
  return out;
}

std::string user_of(const url_t* url) {
  if (url == nullptr || url->url_user == nullptr) return {};
  std::string_view raw(url->url_user, strnlen(url->url_user, 3 * longest_user));
  raw = raw.substr(0, raw.find(';'));  // user parameters such as ;phone-context
  return util::clean_utf8(unescape(raw), longest_user);
}

std::string host_of(const url_t* url) {
  return url == nullptr ? std::string() : text(url->url_host, 255);
}

std::string display_name(const char* display) {
  std::string name = text(display);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  std::erase(name, '\\');
  return name;
}

std::string escape_user(std::string_view user) {
  constexpr std::string_view allowed = "-_.!~*'()&=+$,;?/";
  std::string out;
  for (const char c : user) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string unknown_header(const sip_t* sip, const char* name, std::size_t max) {
  for (const auto* header = sip->sip_unknown; header != nullptr; header = header->un_next) {
    if (header->un_name != nullptr && su_casematch(header->un_name, name)) {
      return text(header->un_value, max);
    }
  }
  return {};
}

std::vector<std::string> parse_path(std::string_view value) {
  std::vector<std::string> path;
  for (const auto& item : util::split(value, ',')) {
    const std::string id(util::trim(item));
    if (!util::is_uuid(id)) continue;
    path.push_back(id);
    if (path.size() == most_path_ids) break;
  }
  return path;
}

domain::Party trunk_caller(const sip_t* sip) {
  const std::string asserted = unknown_header(sip, "P-Asserted-Identity", 512);
  if (!asserted.empty()) {
    Home home;
    const sip_from_t* identity = sip_from_make(home.get(), asserted.c_str());
    if (identity != nullptr && !user_of(identity->a_url).empty()) {
      auto party = party_of(identity);
      const std::string privacy = unknown_header(sip, "Privacy", 64);
      const bool withheld = anonymous(sip->sip_from) || sip->sip_privacy != nullptr ||
                            privacy.find("id") != std::string::npos;
      if (withheld) party.number = party.raw = party.name = "";
      return party;
    }
  }
  if (anonymous(sip->sip_from)) return {};
  return party_of(sip->sip_from);
}

std::string device_of(const sip_t* sip) {
  if (sip->sip_user_agent != nullptr) return text(sip->sip_user_agent->g_string);
  if (sip->sip_server != nullptr) return text(sip->sip_server->g_string);
  return {};
}

std::optional<util::Result<SessionDescription>> body_sdp(const sip_t* sip) {
  const auto* payload = sip->sip_payload;
  if (payload == nullptr || payload->pl_data == nullptr || payload->pl_len == 0) {
    return std::nullopt;
  }
  const auto* type = sip->sip_content_type;
  if (type == nullptr || type->c_type == nullptr ||
      !su_casematch(type->c_type, "application/sdp")) {
    return util::fail("The body is no SDP.", 415);
  }
  return parse_sdp(std::string_view(payload->pl_data, payload->pl_len));
}

LegEnd end_of(const sip_t* sip, int status) {
  LegEnd end = ended_with(status, true);
  if (sip == nullptr) return end;
  int seen = 0;
  for (const auto* reason = sip->sip_reason; reason != nullptr && seen < 8;
       reason = reason->re_next, ++seen) {
    if (reason->re_protocol == nullptr || reason->re_cause == nullptr) continue;
    const int cause = std::atoi(reason->re_cause);
    if (su_casematch(reason->re_protocol, "Q.850") && cause > 0 && cause < 128) {
      end.q850_cause = cause;
      const std::string words = display_name(reason->re_text);
      if (!words.empty()) end.reason = words;
    } else if (su_casematch(reason->re_protocol, "SIP") && cause == 200) {
      end.q850_cause = 26;  // non-selected user clearing
      end.reason = "Answered elsewhere.";
    }
  }
  return end;
}

bool lists(const msg_list_t* list, const char* item) {
  return list != nullptr && has_item(list->k_items, item);
}

bool lists(const sip_allow_t* list, const char* item) {
  return list != nullptr && has_item(list->k_items, item);
}

std::string print_url(const url_t* url, std::size_t max) {
  char buffer[1024];
  const auto length = url_e(buffer, sizeof(buffer), url);
  if (length <= 0 || static_cast<std::size_t>(length) > std::min(max, sizeof(buffer) - 1)) {
    return {};
  }
  return std::string(buffer, static_cast<std::size_t>(length));
}

}  // namespace ringfort::sip
