// The handlers that the route table names, one file for each resource.
#pragma once

#include "http/site.h"

namespace ringfort::http {

void session_create(Exchange& exchange);
void session_show(Exchange& exchange);
void session_delete(Exchange& exchange);
void setup_show(Exchange& exchange);
void setup_create(Exchange& exchange);
void calls_list(Exchange& exchange);
void calls_show(Exchange& exchange);
void recording_send(Exchange& exchange);
void waveform_show(Exchange& exchange);
void recording_delete(Exchange& exchange);
void legal_hold_set(Exchange& exchange);
void legal_hold_lift(Exchange& exchange);
void legal_holds_list(Exchange& exchange);
void evidence_show(Exchange& exchange);
void evidence_log(Exchange& exchange);
void vcon_show(Exchange& exchange);
void exports_create(Exchange& exchange);
void exports_show(Exchange& exchange);
void exports_archive(Exchange& exchange);
void live_list(Exchange& exchange);
void live_delete(Exchange& exchange);
void live_recording_change(Exchange& exchange);
void live_audio(Exchange& exchange);
void events_stream(Exchange& exchange);
void extensions_list(Exchange& exchange);
void trunks_list(Exchange& exchange);
void alarms_list(Exchange& exchange);
void alarms_seen(Exchange& exchange);
void storage_show(Exchange& exchange);
void recovery_key_create(Exchange& exchange);
void openapi_show(Exchange& exchange);
void metrics_show(Exchange& exchange);
void health_show(Exchange& exchange);

// Also what the live feed sends.
nlohmann::json alarm_json(std::int64_t id, const domain::AlarmRaised& alarm);
nlohmann::json trunk_json(const domain::TrunkStatus& status);

}  // namespace ringfort::http
