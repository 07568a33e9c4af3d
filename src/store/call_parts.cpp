#include "store/call_parts.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "util/text.h"

namespace ringfort::store {
namespace {

using nlohmann::json;

// Writes JSON text directly: every change of a call passes here, and a tree of values would cost
// more than the rest of storing it.
class Text {
 public:
  explicit Text(char opening) : text_(1, opening) {}
  std::string close(char closing) {
    text_ += closing;
    return std::move(text_);
  }
  void name(const char* field) {
    item();
    text_.append(1, '"').append(field).append("\":");
    fresh_ = true;
  }
  void raw(const std::string& value) {
    item();
    text_ += value;
  }
  void put(const char* field, const std::string& value) {
    if (value.empty()) return;  // the default
    name(field);
    string(value);
    fresh_ = false;
  }
  void put(const char* field, std::int64_t value) {
    if (value == 0) return;
    name(field);
    raw(std::to_string(value));
  }
  void put(const char* field, std::uint64_t value) { put(field, static_cast<std::int64_t>(value)); }
  void put(const char* field, int value) { put(field, std::int64_t{value}); }
  void put(const char* field, double value) {
    if (value == 0 || !std::isfinite(value)) return;
    name(field);
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    raw(std::string(digits, end));
  }
  void put(const char* field, domain::Time at) {
    put(field, std::int64_t{at.time_since_epoch().count()});
  }
  void put(const char* field, const std::optional<domain::Time>& at) {
    if (at) put(field, *at);
  }
  void put_raw(const char* field, const std::string& value) {
    name(field);
    raw(value);
  }

 private:
  void item() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  void string(const std::string& value) {
    text_ += '"';
    for (const char c : util::clean_utf8(value, longest_string)) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }

  static constexpr std::size_t longest_string = 4096;
  std::string text_;
  bool fresh_ = true;
};

// Reads one field when it is there and of the right type.
template <class T>
void take(const json& from, const char* name, T& into) {
  const auto found = from.find(name);
  if (found != from.end() && !found->is_null()) into = found->get<T>();
}
void take(const json& from, const char* name, domain::Time& into) {
  std::int64_t ms = 0;
  take(from, name, ms);
  into = domain::Time(domain::Millis(ms));
}
void take(const json& from, const char* name, std::optional<domain::Time>& into) {
  const auto found = from.find(name);
  if (found == from.end() || found->is_null()) return;
  into = domain::Time(domain::Millis(found->get<std::int64_t>()));
}
template <class E>
void take_enum(const json& from, const char* name, E& into, int last) {
  int value = static_cast<int>(into);
  take(from, name, value);
  if (value >= 0 && value <= last) into = static_cast<E>(value);
}

std::string party(const domain::Party& p) {
  Text out('{');
  out.put("number", p.number);
  out.put("raw", p.raw);
  out.put("name", p.name);
  out.put("extension", p.extension);
  out.put("trunk", p.trunk);
  return out.close('}');
}
domain::Party party(const json& from, const char* name) {
  domain::Party out;
  const auto found = from.find(name);
  if (found == from.end()) return out;
  take(*found, "number", out.number);
  take(*found, "raw", out.raw);
  take(*found, "name", out.name);
  take(*found, "extension", out.extension);
  take(*found, "trunk", out.trunk);
  return out;
}

std::string quality(const domain::LegQuality& q) {
  Text out('{');
  out.put("received", q.packets_received);
  out.put("sent", q.packets_sent);
  out.put("lost", q.packets_lost);
  out.put("refused", q.packets_refused);
  out.put("jitter", q.jitter_ms);
  out.put("remote_loss", q.remote_loss_percent);
  if (q.round_trip_ms) out.put_raw("round_trip", std::to_string(*q.round_trip_ms));
  return out.close('}');
}
domain::LegQuality quality(const json& from) {
  domain::LegQuality out;
  take(from, "received", out.packets_received);
  take(from, "sent", out.packets_sent);
  take(from, "lost", out.packets_lost);
  take(from, "refused", out.packets_refused);
  take(from, "jitter", out.jitter_ms);
  take(from, "remote_loss", out.remote_loss_percent);
  if (from.contains("round_trip")) out.round_trip_ms = from["round_trip"].get<double>();
  return out;
}

std::string leg(const domain::Leg& l) {
  Text out('{');
  out.put("id", l.id);
  if (l.caller) out.put_raw("caller", "true");
  out.put_raw("party", party(l.party));
  out.put("sip_call_id", l.sip_call_id);
  out.put("peer", l.peer);
  out.put("device", l.device);
  out.put("codec", l.codec);
  out.put("started_at", l.started_at);
  out.put("ringing_at", l.ringing_at);
  out.put("answered_at", l.answered_at);
  out.put("ended_at", l.ended_at);
  out.put("outcome", static_cast<int>(l.outcome));
  out.put("sip_status", l.sip_status);
  out.put("q850_cause", l.q850_cause);
  out.put_raw("quality", quality(l.quality));
  return out.close('}');
}
domain::Leg leg(const json& from) {
  domain::Leg out;
  take(from, "id", out.id);
  take(from, "caller", out.caller);
  out.party = party(from, "party");
  take(from, "sip_call_id", out.sip_call_id);
  take(from, "peer", out.peer);
  take(from, "device", out.device);
  take(from, "codec", out.codec);
  take(from, "started_at", out.started_at);
  take(from, "ringing_at", out.ringing_at);
  take(from, "answered_at", out.answered_at);
  take(from, "ended_at", out.ended_at);
  take_enum(from, "outcome", out.outcome, static_cast<int>(domain::Outcome::failed));
  take(from, "sip_status", out.sip_status);
  take(from, "q850_cause", out.q850_cause);
  if (from.contains("quality")) out.quality = quality(from["quality"]);
  return out;
}

std::string event(const domain::CallEvent& e) {
  Text out('{');
  out.put("at", e.at);
  out.put("kind", static_cast<int>(e.kind));
  out.put("leg", e.leg);
  out.put("detail", e.detail);
  return out.close('}');
}
domain::CallEvent event(const json& from) {
  domain::CallEvent out;
  take(from, "at", out.at);
  take_enum(from, "kind", out.kind, static_cast<int>(domain::EventKind::transfer_failed));
  take(from, "leg", out.leg);
  take(from, "detail", out.detail);
  return out;
}

template <class Read>
void each_of(const std::string& text, Read read) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_array()) return;
  for (const auto& one : all) read(one);
}

}  // namespace

std::string write_legs(const std::vector<domain::Leg>& legs) {
  Text out('[');
  for (const auto& one : legs) out.raw(leg(one));
  return out.close(']');
}

std::string write_events(const std::vector<domain::CallEvent>& events) {
  Text out('[');
  for (const auto& one : events) out.raw(event(one));
  return out.close(']');
}

std::string write_trace(const std::vector<domain::TraceStep>& trace) {
  Text out('[');
  for (const auto& one : trace) {
    Text step('{');
    step.put("text", one.text);
    step.put("source", one.source);
    out.raw(step.close('}'));
  }
  return out.close(']');
}

std::vector<domain::Leg> read_legs(const std::string& text) {
  std::vector<domain::Leg> out;
  each_of(text, [&](const json& one) { out.push_back(leg(one)); });
  return out;
}

std::vector<domain::CallEvent> read_events(const std::string& text) {
  std::vector<domain::CallEvent> out;
  each_of(text, [&](const json& one) { out.push_back(event(one)); });
  return out;
}

std::vector<domain::TraceStep> read_trace(const std::string& text) {
  std::vector<domain::TraceStep> out;
  each_of(text, [&](const json& one) {
    domain::TraceStep step;
    take(one, "text", step.text);
    take(one, "source", step.source);
    out.push_back(std::move(step));
  });
  return out;
}

}  // namespace ringfort::store
