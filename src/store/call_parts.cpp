#include "store/call_parts.h"

#include <optional>

#include <nlohmann/json.hpp>

namespace ringfort::store {
namespace {

using nlohmann::json;

json time(domain::Time at) {
  return at.time_since_epoch().count();
}
json time(const std::optional<domain::Time>& at) {
  return at ? time(*at) : json(nullptr);
}

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

json party(const domain::Party& p) {
  return {{"number", p.number},
          {"raw", p.raw},
          {"name", p.name},
          {"extension", p.extension},
          {"trunk", p.trunk}};
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

json quality(const domain::LegQuality& q) {
  json out{{"received", q.packets_received}, {"sent", q.packets_sent},
           {"lost", q.packets_lost},         {"refused", q.packets_refused},
           {"jitter", q.jitter_ms},          {"remote_loss", q.remote_loss_percent}};
  if (q.round_trip_ms) out["round_trip"] = *q.round_trip_ms;
  return out;
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

json leg(const domain::Leg& l) {
  return {{"id", l.id},
          {"caller", l.caller},
          {"party", party(l.party)},
          {"sip_call_id", l.sip_call_id},
          {"peer", l.peer},
          {"device", l.device},
          {"codec", l.codec},
          {"started_at", time(l.started_at)},
          {"ringing_at", time(l.ringing_at)},
          {"answered_at", time(l.answered_at)},
          {"ended_at", time(l.ended_at)},
          {"outcome", static_cast<int>(l.outcome)},
          {"sip_status", l.sip_status},
          {"q850_cause", l.q850_cause},
          {"quality", quality(l.quality)}};
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

json event(const domain::CallEvent& e) {
  return {
      {"at", time(e.at)}, {"kind", static_cast<int>(e.kind)}, {"leg", e.leg}, {"detail", e.detail}};
}
domain::CallEvent event(const json& from) {
  domain::CallEvent out;
  take(from, "at", out.at);
  take_enum(from, "kind", out.kind, static_cast<int>(domain::EventKind::ended));
  take(from, "leg", out.leg);
  take(from, "detail", out.detail);
  return out;
}

// Bytes that are no UTF-8 must not cost the row.
std::string printed(const json& all) {
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class Read>
void each_of(const std::string& text, Read read) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_array()) return;
  for (const auto& one : all) read(one);
}

}  // namespace

std::string write_legs(const std::vector<domain::Leg>& legs) {
  json all = json::array();
  for (const auto& one : legs) all.push_back(leg(one));
  return printed(all);
}

std::string write_events(const std::vector<domain::CallEvent>& events) {
  json all = json::array();
  for (const auto& one : events) all.push_back(event(one));
  return printed(all);
}

std::string write_trace(const std::vector<domain::TraceStep>& trace) {
  json all = json::array();
  for (const auto& one : trace) all.push_back({{"text", one.text}, {"source", one.source}});
  return printed(all);
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
