#include "http/routes.h"

#include <array>

#include "http/handlers/handlers.h"
#include "util/text.h"

namespace ringfort::http {
namespace {

using P = Permission;

constexpr Parameter call_filters[] = {
    {"number", "part of either party's number, as it is dialled or as +49…"},
    {"q", "part of a number or name"},
    {"from", "RFC 3339; calls that began then or later"},
    {"to", "RFC 3339; calls that began before"},
    {"direction", "inbound, outbound or internal"},
    {"outcome", "answered, no_answer, busy, declined, cancelled or failed"},
    {"extension", "an extension that took part"},
    {"limit", "1 to 500, 50 when missing"},
    {"cursor", "next_cursor of the page before"},
};
constexpr Parameter audio_parameters[] = {
    {"format", "opus, ogg, wav, mp3 or aac (M4A); the stored format when missing"},
    {"channels", "2: caller left, callee right; 1: both in one"},
    {"download", "1: as a file, with the call's id and times in its tags"},
    {"numbers", "1: with the parties' numbers in the tags and the file's name"},
};
constexpr Parameter vcon_parameters[] = {
    {"audio", "1: with the recording in it"},
    {"format", "of the recording, as for /recording"},
    {"channels", "of the recording, as for /recording"},
};
constexpr Parameter evidence_parameters[] = {
    {"after", "number of the last entry that is known already"}};
constexpr Parameter waveform_parameters[] = {{"points", "1 to 4000, 800 when missing"}};

constexpr Route table[] = {
    {"POST", "/api/v1/session", P::anyone, session_create, "Sign in",
     "The user, the CSRF token and the server's name; sets the session cookie"},
    {"GET", "/api/v1/session", P::signed_in, session_show, "Who is signed in",
     "The user, the CSRF token and the server's name"},
    {"DELETE", "/api/v1/session", P::signed_in, session_delete, "Sign out", "Nothing"},
    {"GET", "/api/v1/setup", P::anyone, setup_show, "Is a first user needed?", "needed"},
    {"POST", "/api/v1/setup", P::anyone, setup_create,
     "Create the owner with the one-time set-up token", "As for POST /session"},
    {"GET", "/api/v1/calls", P::see_calls, calls_list, "Calls, newest first",
     "calls and next_cursor", call_filters},
    {"GET", "/api/v1/calls/{id}", P::see_calls, calls_show, "One call",
     "The call with legs, events, route trace and recording"},
    {"GET", "/api/v1/calls/{id}/recording", P::listen, recording_send,
     "The recording's audio, with Range", "Audio; caller left, callee right", audio_parameters},
    {"DELETE", "/api/v1/calls/{id}/recording", P::delete_calls, recording_delete,
     "Delete the recording for good, with a reason; refused (409) under a legal hold",
     "receipt: the entry of the evidence log"},
    {"PUT", "/api/v1/calls/{id}/legal-hold", P::hold_calls, legal_hold_set,
     "Keep the call and its recording beyond their time: reason, and until or null", "Nothing"},
    {"DELETE", "/api/v1/calls/{id}/legal-hold", P::hold_calls, legal_hold_lift,
     "Lift the legal hold", "Nothing"},
    {"GET", "/api/v1/legal-holds", P::hold_calls, legal_holds_list, "Legal holds, newest first",
     "holds: call, reason, by, since and until"},
    {"GET", "/api/v1/evidence", P::see_system, evidence_show,
     "The end of the evidence log: note it elsewhere, and the log cannot be shortened unseen",
     "sequence, hash, signed_at, signature and public_key"},
    {"GET", "/api/v1/evidence/log", P::see_system, evidence_log, "The evidence log, for export",
     "JSON lines, one entry each", evidence_parameters},
    {"GET", "/api/v1/calls/{id}/waveform", P::listen, waveform_show,
     "Peaks of both channels, for drawing", "left and right, 0 to 255", waveform_parameters},
    {"GET", "/api/v1/calls/{id}/vcon", P::export_calls, vcon_show,
     "The call as a vCon (draft-ietf-vcon-vcon-core-04)", "application/vcon+json", vcon_parameters},
    {"POST", "/api/v1/exports", P::export_calls, exports_create,
     "Order a ZIP archive of the recordings that a list's filters choose", "id, calls and seconds"},
    {"GET", "/api/v1/exports/{id}", P::export_calls, exports_show, "How far an own export is",
     "state (ready, running, done, failed, stopped), done, calls, bytes and text"},
    {"GET", "/api/v1/exports/{id}/archive", P::export_calls, exports_archive,
     "An own export's archive, made while it is sent",
     "application/zip: a folder for each day, index.csv and index.json"},
    {"GET", "/api/v1/live", P::see_calls, live_list, "Calls in progress", "calls"},
    {"DELETE", "/api/v1/live/{id}", P::hang_up, live_delete, "Hang up a call",
     "Nothing; the end comes as an event"},
    {"GET", "/api/v1/live/{id}/audio", P::listen_live, live_audio, "Listen to a call while it runs",
     "Ogg Opus, the caller left and the callee right; ends with the call"},
    {"PUT", "/api/v1/live/{id}/recording", P::control_recording, live_recording_change,
     "Let the recording of a call run, pause or stop: {\"state\": \"recording\", \"paused\" or "
     "\"off\"}",
     "Nothing; 409 says why it may not be"},
    {"GET", "/api/v1/events", P::signed_in, events_stream, "Live events (SSE)",
     "text/event-stream: hello, call, recording, registration, trunk, alarm"},
    {"GET", "/api/v1/extensions", P::see_calls, extensions_list,
     "Extensions with their registered phones", "extensions"},
    {"GET", "/api/v1/trunks", P::see_calls, trunks_list, "Trunks and whether they work", "trunks"},
    {"GET", "/api/v1/alarms", P::signed_in, alarms_list, "Alarms nobody has seen yet", "alarms"},
    {"POST", "/api/v1/alarms/{id}/seen", P::see_system, alarms_seen, "An alarm was seen",
     "Nothing"},
    {"GET", "/api/v1/storage", P::see_system, storage_show,
     "How full the disk is, how long it will do, and how back-ups and checks went",
     "free_bytes, daily_growth_bytes, full_in_days, retention_fits, warning, backup, check"},
    {"POST", "/api/v1/recovery-key", P::own, recovery_key_create,
     "A fresh recovery key, shown this once; the one before opens only older back-ups",
     "recovery_key"},
    {"GET", "/api/v1/openapi.json", P::anyone, openapi_show, "This description", "OpenAPI 3.1"},
    {"GET", "/metrics", P::anyone, metrics_show,
     "Metrics for Prometheus, from this machine or when signed in", "text/plain"},
    {"GET", "/healthz", P::anyone, health_show, "Does the process run?", "ok"},
    {"GET", "/readyz", P::anyone, health_show, "Are calls taken?", "ok"},
};

nlohmann::json parameters_of(const Route& route) {
  auto out = nlohmann::json::array();
  if (route.path.find("{id}") != std::string_view::npos) {
    out.push_back(
        {{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const auto& parameter : route.parameters) {
    out.push_back({{"name", parameter.name},
                   {"in", "query"},
                   {"description", parameter.doc},
                   {"schema", {{"type", "string"}}}});
  }
  return out;
}

}  // namespace

std::span<const Route> routes() {
  return table;
}

nlohmann::json openapi() {
  nlohmann::json paths;
  for (const auto& route : table) {
    nlohmann::json operation{
        {"summary", route.summary},
        {"description", "Permission: " + std::string(to_string(route.permission))},
        {"parameters", parameters_of(route)},
        {"responses",
         {{"2XX", {{"description", route.answer}}},
          {"4XX",
           {{"description", "A refusal (RFC 9457)"},
            {"content", {{"application/problem+json", nlohmann::json::object()}}}}}}}};
    paths[std::string(route.path)][util::lower(route.method)] = operation;
  }
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Ringfort"}, {"version", RINGFORT_VERSION}}},
          {"paths", paths}};
}

}  // namespace ringfort::http
