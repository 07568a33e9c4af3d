// One media thread: a loop over its streams' sockets, a queue of commands from the SIP
// thread, and a coarse tick for reports and silence.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "media/player_list.h"
#include "media/stall_watch.h"
#include "media/stream_table.h"
#include "util/action.h"

namespace ringfort::media {

class MediaThread {
 public:
  MediaThread(int number, const config::Media& settings, const Hooks& hooks,
              std::atomic<std::size_t>& open_streams);
  ~MediaThread();  // closes what is still open
  MediaThread(const MediaThread&) = delete;
  MediaThread& operator=(const MediaThread&) = delete;

  // Ends the thread; what is posted later stays undone. May be called again.
  void stop();

  TapRing& ring() { return ring_; }
  // Runs `command` on this thread, in order. Any thread; never waits.
  void post(util::Action<> command);

  // Hands over a new stream; it is there before any command that is posted later. Any thread.
  void adopt(std::unique_ptr<Stream> stream);

  // On this thread, from commands.
  Stream* find(StreamId id) { return streams_.find(id); }
  void configure(StreamId id, const StreamSettings& settings);
  void connect(StreamId a, StreamId b);
  void disconnect(StreamId id);
  void end_tap(SessionId session, RecordingNumber recording);
  void mark(RecordingNumber recording, TapKind kind);
  void tap(StreamId id, RecordingNumber recording, std::uint8_t channel);
  void end_listen(SessionId session, RecordingNumber listener);
  void pause_tap(SessionId session, RecordingNumber recording, bool paused, const PromptPtr& beep);
  void play(StreamId to, SourcePtr source, const Play& how);
  void stop_playing(StreamId to);
  // Hands a stream to the thread of another session.
  void move(StreamId id, SessionId session, MediaThread& next);
  void close(StreamId id);
  void close_session(SessionId session);

 private:
  void open_io(bool batched);
  void add(std::unique_ptr<Stream> stream);
  void unwatch(const Stream& stream);
  void drain(const Stream& stream);
  void wake();
  void run();
  void run_commands();
  void take(PacketIo::Tag tag, Datagram& datagram);
  void expect(PacketIo::Tag tag, int round) const;
  void tick(std::int64_t now_us);
  void let_recorder_run();
  void tell_loss(Stream& stream);
  void push_late_marks();

  // Constant after construction.
  const config::Media& settings_;
  const Hooks& hooks_;
  std::atomic<std::size_t>& open_streams_;
  const int wake_fd_;
  // Self-synchronised.
  TapRing ring_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> posted_{false};  // commands wait; the wake-up may be told later than they are
  // Guarded by mutex_; held only to append to or to take the list.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Stream>> arrivals_;
  std::vector<util::Action<>> commands_;
  // This thread's own.
  StreamTable streams_;
  PlayerList players_;
  std::deque<TapHead> late_marks_;  // did not fit into the ring yet
  std::set<RecordingNumber> paused_;
  std::unique_ptr<PacketIo> io_;
  std::int64_t now_us_ = 0;  // read once a turn, not once a packet
  std::int64_t next_tick_us_ = 0;
  StallWatch stalls_;
  std::thread thread_;
};

}  // namespace ringfort::media
