#include "media/media_thread.h"

#include <array>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/log.h"
#include "util/thread_share.h"

namespace ringfort::media {
namespace {

// Half a second of 1,000 calls, and touched only as used.
constexpr std::size_t ring_bytes = 8u << 20;
constexpr std::int64_t tick_us = 100'000;
constexpr std::size_t busy_streams = 400;  // with so many packets come all the time
constexpr PacketIo::Tag rtcp_bit = PacketIo::Tag{1} << 62;  // tags of RTP sockets lie below

std::int64_t steady_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

// A broken promise costs what it happened in, not the other calls of this thread.
template <class F>
void guarded(F&& work) {
  try {
    work();
  } catch (const std::exception& error) {
    log::error("media: {}", error.what());
  }
}

}  // namespace

MediaThread::MediaThread(int number, const config::Media& settings, const Hooks& hooks,
                         std::atomic<std::size_t>& open_streams)
    : settings_(settings),
      hooks_(hooks),
      open_streams_(open_streams),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      ring_(ring_bytes),
      players_(hooks) {
  open_io(settings_.io_uring);
  thread_ = std::thread([this, number] {
    pthread_setname_np(pthread_self(), ("media-" + std::to_string(number)).c_str());
    util::put_thread_ahead();  // speech waits for nobody
    run();
  });
}

void MediaThread::open_io(bool batched) {
  auto opened = open_packet_io(
      wake_fd_, [this](PacketIo::Tag tag, Datagram& datagram) { take(tag, datagram); },
      [this](PacketIo::Tag tag, int round) { expect(tag, round); }, batched);
  io_ = std::move(opened.io);
  log::info("media: packets by {}", opened.name);
}

void MediaThread::stop() {
  if (!thread_.joinable()) return;
  post([this] { stop_ = true; });
  thread_.join();
}

MediaThread::~MediaThread() {
  stop();
  ::close(wake_fd_);
}

// Only the first of several wakes the thread: it takes the whole list at once.
void MediaThread::post(util::Action<> command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
    posted_ = true;
    if (commands_.size() + arrivals_.size() > 1) return;
  }
  wake();
}

void MediaThread::adopt(std::unique_ptr<Stream> stream) {
  {
    const std::lock_guard lock(mutex_);
    arrivals_.push_back(std::move(stream));
    posted_ = true;
    if (commands_.size() + arrivals_.size() > 1) return;
  }
  wake();
}

void MediaThread::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof(one));
}

void MediaThread::run() {
  if (!io_->begin()) {
    log::warn("media: the system lets io_uring be opened and not be used");
    open_io(false);
  }
  while (!stop_) {
    const int rest = streams_.empty() && late_marks_.empty() ? -1 : 50;
    const bool woken =
        io_->wait(players_.wait_ms(steady_us(), rest), streams_.size() >= busy_streams);
    now_us_ = steady_us();
    stalls_.turn(now_us_);
    // Commands first: what was agreed before a packet was sent holds for that packet.
    if (woken || posted_) run_commands();
    io_->deliver();
    if (stalls_.is_late(now_us_) && ring_.is_half_full()) let_recorder_run();
    guarded([&] { players_.run(now_us_); });
    if (now_us_ >= next_tick_us_) {
      io_->flush();  // what is to be sent does not wait for the look at all streams
      guarded([&] { tick(now_us_); });
    }
  }
  std::vector<StreamId> left;
  streams_.each([&](const Stream& stream) { left.push_back(stream.id()); });
  for (const auto id : left) close(id);
}

void MediaThread::run_commands() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof(count));
  std::vector<std::unique_ptr<Stream>> arrivals;
  std::vector<util::Action<>> commands;
  {
    const std::lock_guard lock(mutex_);
    arrivals.swap(arrivals_);
    commands.swap(commands_);
    posted_ = false;
  }
  for (auto& stream : arrivals) guarded([&] { add(std::move(stream)); });
  for (auto& command : commands) guarded(command);
}

void MediaThread::take(PacketIo::Tag tag, Datagram& datagram) {
  guarded([&] {
    auto* stream = streams_.at(tag & ~rtcp_bit);
    if (stream == nullptr) return;
    if ((tag & rtcp_bit) != 0) return stream->take_rtcp(datagram, now_us_);
    const char digit = stream->take_rtp(datagram, now_us_);
    if (digit != 0 && hooks_.on_digit) hooks_.on_digit(stream->session(), stream->id(), digit);
  });
}

// Among thousands of streams a packet takes longer to find its stream in memory than to be relayed.
void MediaThread::expect(PacketIo::Tag tag, int round) const {
  if (round == 0) return streams_.expect(tag);
  const auto* stream = streams_.at(tag);
  if (stream != nullptr && stream->peer() != nullptr) stream->peer()->expect_sending();
}

void MediaThread::tick(std::int64_t now_us) {
  next_tick_us_ = now_us + tick_us;
  push_late_marks();
  streams_.each([&](Stream& stream) {
    tell_loss(stream);
    stream.report(now_us, false);
    if (stream.is_silent(now_us, settings_.silence_limit, settings_.hold_limit) &&
        hooks_.on_silence) {
      hooks_.on_silence(stream.session(), stream.id());
    }
  });
}

void MediaThread::add(std::unique_ptr<Stream> stream) {
  Stream& kept = *stream;
  const auto tag = streams_.add(std::move(stream));
  kept.attach(*io_);
  io_->add(kept.sockets().rtp(), tag);
  io_->add(kept.sockets().rtcp(), tag | rtcp_bit);
}

void MediaThread::unwatch(const Stream& stream) {
  const auto tag = streams_.tag_of(stream.id());
  io_->remove(stream.sockets().rtp(), tag);
  io_->remove(stream.sockets().rtcp(), tag | rtcp_bit);
}

// Takes the audio that came until now and was not read yet.
void MediaThread::drain(const Stream& stream) {
  io_->drain(stream.sockets().rtp(), streams_.tag_of(stream.id()));
}

void MediaThread::configure(StreamId id, const StreamSettings& settings) {
  if (auto* stream = find(id)) stream->configure(settings, steady_us());
}

void MediaThread::connect(StreamId a, StreamId b) {
  auto* left = find(a);
  auto* right = find(b);
  if (left == nullptr || right == nullptr) return;
  disconnect(a);
  disconnect(b);
  const auto now_us = steady_us();
  left->connect(right, now_us);
  right->connect(left, now_us);
  left->share_listeners(*right);
  right->share_listeners(*left);
}

void MediaThread::disconnect(StreamId id) {
  auto* stream = find(id);
  if (stream == nullptr || stream->peer() == nullptr) return;
  const auto now_us = steady_us();
  stream->peer()->connect(nullptr, now_us);
  stream->connect(nullptr, now_us);
}

void MediaThread::end_tap(SessionId session, RecordingNumber recording) {
  streams_.each([&](Stream& stream) {
    if (stream.session() != session) return;
    // What came before the end and was not read yet, because the machine stood still or was busy,
    // belongs to the recording.
    drain(stream);
    tell_loss(stream);
    stream.untap();
  });
  paused_.erase(recording);
  mark(recording, TapKind::end);
}

// Who joins a call whose recording is paused is not copied either.
void MediaThread::tap(StreamId id, RecordingNumber recording, std::uint8_t channel) {
  auto* stream = find(id);
  if (stream == nullptr) return;
  if (recording != stream->recording()) tell_loss(*stream);
  stream->tap(recording, channel);
  stream->pause(paused_.contains(recording));
}

void MediaThread::end_listen(SessionId session, RecordingNumber listener) {
  streams_.each([&](Stream& stream) {
    if (stream.session() == session) stream.unlisten(listener);
  });
  mark(listener, TapKind::end);
}

// After a stall of the machine more may come at once than the ring holds, while these threads, at
// real-time priority, keep the recorder's from running. What is late already had better be later
// than not recorded.
void MediaThread::let_recorder_run() {
  io_->flush();
  while (stalls_.is_late(now_us_) && ring_.is_half_full()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    now_us_ = steady_us();
  }
  stalls_.rested(now_us_);
}

// There was no room for frames, so there may be none for the mark, which waits for it.
void MediaThread::tell_loss(Stream& stream) {
  if (stream.take_loss()) mark(stream.recording(), TapKind::loss);
}

// A mark must not be lost: it waits for room when the ring is full.
void MediaThread::mark(RecordingNumber recording, TapKind kind) {
  TapHead head;
  head.recording = recording;
  head.kind = kind;
  head.arrival_us = steady_us();
  late_marks_.push_back(head);
  push_late_marks();
}

// The beep tells both persons; who hears an announcement just now is not cut off by it.
void MediaThread::pause_tap(SessionId session, RecordingNumber recording, bool paused,
                            const PromptPtr& beep) {
  if (paused_.contains(recording) == paused) return;
  if (paused) paused_.insert(recording);
  if (!paused) paused_.erase(recording);
  std::set<RecordingNumber> told{recording};
  streams_.each([&](Stream& stream) {
    if (stream.session() != session || stream.recording() != recording) return;
    drain(stream);  // what came before this moment is of the stretch that ends here
    stream.pause(paused);
    for (const auto listener : stream.listeners()) told.insert(listener);
    const bool busy = stream.player() != nullptr && stream.player()->play() != 0;
    if (!busy) players_.play(stream, once(beep), {.recorded = false}, steady_us());
  });
  for (const auto each : told) {
    if (each != 0) mark(each, paused ? TapKind::pause : TapKind::unpause);
  }
}

void MediaThread::play(StreamId to, SourcePtr source, const Play& how) {
  if (auto* stream = find(to)) players_.play(*stream, std::move(source), how, steady_us());
}

void MediaThread::stop_playing(StreamId to) {
  if (auto* stream = find(to)) players_.stop(*stream, steady_us());
}

void MediaThread::push_late_marks() {
  while (!late_marks_.empty()) {
    if (!ring_.push(std::as_bytes(std::span(&late_marks_.front(), 1)), {})) return;
    late_marks_.pop_front();
  }
}

// Its session here hears of its end: the numbers so far are those of the leg it was.
void MediaThread::move(StreamId id, SessionId session, MediaThread& next) {
  auto* stream = find(id);
  if (stream == nullptr) return;
  if (&next != this) {  // who hears only what comes later
    unwatch(*stream);
    drain(*stream);
  }
  disconnect(id);
  players_.remove(*stream);
  stream->fall_silent();
  const auto quality = stream->quality();
  const SessionId before = stream->session();
  tell_loss(*stream);
  stream->enter(session, next.ring());
  if (&next != this) next.adopt(streams_.take(id));
  if (hooks_.on_closed) hooks_.on_closed(before, id, quality);
}

void MediaThread::close(StreamId id) {
  auto* stream = find(id);
  if (stream == nullptr) return;
  disconnect(id);
  stream->report(steady_us(), true);
  tell_loss(*stream);
  const auto quality = stream->quality();
  const SessionId session = stream->session();
  players_.remove(*stream);
  unwatch(*stream);
  streams_.take(id);
  open_streams_.fetch_sub(1);
  if (hooks_.on_closed) hooks_.on_closed(session, id, quality);
}

void MediaThread::close_session(SessionId session) {
  std::vector<StreamId> ids;
  std::set<RecordingNumber> listeners;
  streams_.each([&](const Stream& stream) {
    if (stream.session() != session) return;
    ids.push_back(stream.id());
    for (const auto listener : stream.listeners()) listeners.insert(listener);
  });
  for (const auto listener : listeners) {
    if (listener != 0) mark(listener, TapKind::end);
  }
  for (const auto id : ids) close(id);
}

}  // namespace ringfort::media
