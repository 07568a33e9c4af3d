// A call as it is kept: the call, its legs, what happened, why it went there, how it sounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.h"

namespace ringfort::domain {

using CallId = std::string;  // UUIDv7

enum class Direction { inbound, outbound, internal };

// How a call or leg ended. `answered` is every call that was talked on, however it stopped.
enum class Outcome { ongoing, answered, no_answer, busy, declined, cancelled, failed };

// One side of a call. Everything here came from outside: escape it where it is shown.
struct Party {
  std::string number;     // E.164 or extension; empty: withheld
  std::string raw;        // as it was received or dialled, at most 128 bytes
  std::string name;       // display name, at most 128 bytes; the directory's for extensions
  std::string extension;  // set when it is one of ours
  std::string trunk;      // set when it came or went by a trunk
};

// RTP quality of one leg, seen from this box.
struct LegQuality {
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_lost = 0;       // gaps in what we received
  std::uint64_t packets_refused = 0;    // from strangers or not RTP
  double jitter_ms = 0;                 // RFC 3550 §6.4.1, at the end
  double remote_loss_percent = 0;       // what the peer reported by RTCP
  std::optional<double> round_trip_ms;  // by RTCP, when the peer sends it
};

struct Leg {
  std::string id;       // UUIDv7
  bool caller = false;  // the leg that started the call
  Party party;
  std::string sip_call_id;
  std::string peer;    // address:port that the signalling came from
  std::string device;  // User-Agent
  std::string codec;   // "opus", "PCMU"…; empty before media
  Time started_at{};
  std::optional<Time> ringing_at;
  std::optional<Time> answered_at;
  std::optional<Time> ended_at;
  Outcome outcome = Outcome::ongoing;
  int sip_status = 0;  // last final status, 200 when answered, 487 when cancelled
  int q850_cause = 0;  // ITU-T Q.850
  LegQuality quality;
};

enum class EventKind {
  started,  // call came in
  ringing,
  answered,
  held,
  resumed,
  transferred,
  recording_started,
  recording_ended,
  recording_missing,
  trunk_failed,  // detail: trunk and status; the next one is tried
  answered_elsewhere,
  dtmf,  // a digit was pressed (never which)
  media_timeout,
  ended,
  // Stored as numbers: new kinds are added at the end.
  recording_paused,     // detail: who; what is said from here on is not recorded
  recording_resumed,    // detail: who, or that the time was over
  recording_opted_out,  // somebody said no by key; nothing is kept
  announcement_played,  // both sides heard that the call is recorded
  listened,             // detail: who listened to the live call
  transfer_failed,      // detail: who wanted it, and why it came to nothing
};

struct CallEvent {
  Time at{};
  EventKind kind = EventKind::started;
  std::string leg;     // id; may be empty
  std::string detail;  // plain words, at most 256 bytes
};

// One step of the routing decision, in plain words.
struct TraceStep {
  std::string text;
  std::string source;  // "numbers, line 48"; may be empty
};

// What was decided about recording when the call was routed, and why.
struct RecordingDecision {
  enum class Verdict { record, on_demand, never };
  Verdict verdict = Verdict::never;
  std::string reason;
  Millis retention{0};
};

// How the recording of a call in progress stands at this moment. Not stored.
struct RecordingNow {
  enum class State { off, announcing, recording, paused, never };
  State state = State::off;
  Time since{};
  std::optional<Time> resumes_at;  // when a pause ends by itself
  std::string reason;              // plain words
};

struct Call {
  CallId id;
  Direction direction = Direction::internal;
  Party from;
  Party to;           // as dialled or delivered
  Party answered_by;  // empty until answered
  Time started_at{};
  std::optional<Time> answered_at;
  std::optional<Time> ended_at;
  Outcome outcome = Outcome::ongoing;
  std::string ended_by;    // "caller", "callee", "ringfort"; empty while it runs
  std::string end_reason;  // plain words
  int sip_status = 0;
  int q850_cause = 0;
  std::vector<Leg> legs;
  std::vector<CallEvent> events;
  std::vector<TraceStep> trace;
  RecordingDecision recording;
  RecordingNow recording_now;
  Time gone_at{};  // when the record is deleted
};

}  // namespace ringfort::domain
