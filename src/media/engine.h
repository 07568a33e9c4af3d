// Media of all calls: a port pair per leg, relay or transcoding between two legs, taps for the
// recorder. Owns N media threads; a session and all its streams are pinned to one of them.
// The functions below are called on the SIP thread and never block: they post to the media
// thread. Hooks are called on a media thread and must only post.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/call.h"
#include "media/source.h"
#include "media/tap.h"
#include "util/endpoint.h"
#include "util/metrics.h"
#include "util/result.h"

namespace ringfort::media {

using SessionId = std::uint32_t;  // one call's media; never 0
using StreamId = std::uint32_t;   // one leg's media, unique in the engine; never 0
using PlayId = std::uint32_t;     // chosen by who plays; 0: nobody waits for its end

enum class CodecKind { pcmu, pcma, g722, opus };

struct Format {
  CodecKind codec = CodecKind::pcmu;
  int payload_type = 0;
};

struct SrtpKey {
  std::string suite;  // one of domain::srtp_suites
  std::string key;    // base64 of master key and salt
};

// What was agreed for one leg. Set again on each re-INVITE; the lock on the peer's source is
// then taken anew when `remote` or `nat_address` changed.
struct StreamSettings {
  util::Endpoint remote;  // signalled RTP address; port 0: nothing is sent
  util::Endpoint remote_rtcp;
  // Set for a peer behind NAT: RTP is also taken from any port of this address, and locked to
  // the first one; what we send follows the lock.
  std::optional<util::IpAddress> nat_address;
  Format send;                   // what we send
  std::vector<Format> receive;   // what the peer may send
  std::optional<int> dtmf_send;  // telephone-event payload types (RFC 4733)
  std::optional<int> dtmf_receive;
  bool may_send = true;     // false while the peer holds us (we send nothing)
  bool may_receive = true;  // false: what comes is dropped
  int ptime_ms = 20;
  std::optional<SrtpKey> srtp_send;
  std::optional<SrtpKey> srtp_receive;
};

struct StreamPorts {
  StreamId id = 0;
  std::uint16_t rtp_port = 0;  // even; RTCP is the next one
};

struct Hooks {
  // Neither RTP nor RTCP came on a stream for `silence_limit` (or `hold_limit` while it is on
  // hold). Once per silence.
  std::function<void(SessionId, StreamId)> on_silence;
  // A key was pressed (RFC 4733 end event): '0'-'9', '*', '#', 'A'-'D'.
  std::function<void(SessionId, StreamId, char digit)> on_digit;
  // The stream was closed or went over into another session; its final numbers there.
  std::function<void(SessionId, StreamId, domain::LegQuality)> on_closed;
  // A prompt was played to its end. Not called for one that was stopped or followed by another,
  // nor after on_closed.
  std::function<void(SessionId, StreamId, PlayId)> on_played;
};

class Engine {
 public:
  // Starts the threads. `taps` has one ring for each thread (see thread_count()).
  Engine(const config::Media& settings, Hooks hooks, util::Metrics& metrics);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One per media thread; the recorder drains them.
  std::vector<TapRing*> tap_rings();

  SessionId open_session();
  // Binds an RTP/RTCP port pair; fails with 503 when all are taken. `local` is the address to
  // bind, normally the wildcard of the right family.
  util::Result<StreamPorts> open_stream(SessionId session, const util::IpAddress& local);
  void configure(StreamId stream, const StreamSettings& settings);
  // What `a` receives goes to `b` and the other way; undoes earlier connections of both.
  void connect(StreamId a, StreamId b);
  void disconnect(StreamId stream);
  // From now on what `stream` receives is copied to the thread's tap ring as `channel` (0 left,
  // 1 right) of `recording`. Ends when the stream is closed or untapped.
  void tap(StreamId stream, RecordingNumber recording, std::uint8_t channel);
  // Stops tapping every stream of the session and puts an end mark behind the last frame.
  void end_tap(SessionId session, RecordingNumber recording);
  // Puts a mark (hold, resume…) between the frames of a recording.
  void mark(SessionId session, RecordingNumber recording, TapKind kind);
  // While a recording is paused nothing of its session's audio is copied for anybody; the file
  // keeps its length. A soft beep at both edges is heard by the legs and is in the recording.
  void pause_tap(SessionId session, RecordingNumber recording);
  void resume_tap(SessionId session, RecordingNumber recording);
  // From now on somebody listens to `stream`: its audio is also copied as `channel` of `listener`
  // (see recording::LiveListener), and that of whoever is or gets connected to it. At most four
  // listen to a call; more hear nothing.
  void listen(StreamId stream, RecordingNumber listener, std::uint8_t channel);
  // Ends that with an end mark; the end of the session does so, too.
  void end_listen(SessionId session, RecordingNumber listener);
  // Sends a sound to the leg in real time, instead of what its peer sends meanwhile; the peer's
  // keys pass. Replaces what is being played. A leg on hold hears the rest when it is back.
  void play(StreamId to, SourcePtr source, PlayId play);
  void play(StreamId to, PromptPtr prompt, PlayId play) { this->play(to, once(prompt), play); }
  void stop_playing(StreamId to);
  // What the leg hears from now on, whenever nothing is played to it, instead of its peer: music,
  // ringing. Null: the peer again. `recorded`: it is in the recording as what the other one says.
  void set_background(StreamId to, SourcePtr source, bool recorded);
  // The leg goes over into another call: its stream moves to that session with what waits on its
  // sockets, unconnected and untapped. Its old session hears on_closed with the numbers so far.
  void move_stream(StreamId stream, SessionId session);
  void close_stream(StreamId stream);
  void close_session(SessionId session);  // closes its streams too

  // Streams open now, ports in use; for metrics and leak tests. Any thread.
  std::size_t open_streams() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::media
