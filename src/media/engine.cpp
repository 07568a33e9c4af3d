#include "media/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "media/media_thread.h"

namespace ringfort::media {
namespace {

constexpr unsigned most_threads = 4;

std::size_t thread_count(const config::Media& settings) {
  if (settings.threads > 0) return static_cast<std::size_t>(settings.threads);
  return std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
}

}  // namespace

class Engine::Impl {
 public:
  using Command = util::Action<MediaThread&>;

  Impl(const config::Media& settings, Hooks hooks, util::Metrics& metrics)
      : settings_(settings),
        hooks_(std::move(hooks)),
        ports_(settings.first_port, settings.last_port) {
    for (std::size_t n = 0; n < thread_count(settings_); ++n) {
      threads_.push_back(
          std::make_unique<MediaThread>(static_cast<int>(n), settings_, hooks_, open_));
    }
    metrics.gauge("ringfort_media_streams", "Media streams open now; each takes two ports.",
                  [this] { return static_cast<double>(open_.load()); });
    metrics.gauge("ringfort_tap_refused", "Frames that did not fit into the recorder's rings.",
                  [this] {
                    double sum = 0;
                    for (auto& thread : threads_) {
                      sum += static_cast<double>(thread->ring().refused());
                    }
                    return sum;
                  });
  }

  // A session's streams are all on one thread, so that a relay needs no lock.
  MediaThread& of_session(SessionId session) { return *threads_[session % threads_.size()]; }

  // In order with everything else that is posted for this session.
  void post(SessionId session, Command command) {
    MediaThread& thread = of_session(session);
    const auto found = detours_.find(session);
    if (found == detours_.end() || found->second.on_the_way == 0) {
      thread.post([&thread, command = std::move(command)]() mutable { command(thread); });
      return;
    }
    auto& on_the_way = found->second.on_the_way;
    ++on_the_way;
    found->second.by->post([&thread, &on_the_way, command = std::move(command)]() mutable {
      thread.post([&thread, &on_the_way, command = std::move(command)]() mutable {
        const Arrival arrival{on_the_way};
        command(thread);
      });
    });
  }
  void post_to(StreamId stream, Command command) {
    const auto found = sessions_.find(stream);
    if (found != sessions_.end()) post(found->second, std::move(command));
  }

  void move(StreamId stream, SessionId to) {
    const auto found = sessions_.find(stream);
    if (found == sessions_.end() || found->second == to) return;
    const SessionId from = std::exchange(found->second, to);
    settle();
    MediaThread& here = of_session(from);
    MediaThread& there = of_session(to);
    auto& detour = detours_[to];
    detour.by = &here;
    auto& on_the_way = detour.on_the_way;
    ++on_the_way;
    here.post([stream, to, &here, &there, &on_the_way] {
      const Arrival arrival{on_the_way};
      here.move(stream, to, there);
    });
  }

  // Nothing may be posted to a thread that is gone: all stop before the first is destroyed.
  ~Impl() {
    for (auto& thread : threads_) thread->stop();
  }

  config::Media settings_;
  Hooks hooks_;
  PortRange ports_;
  const PromptPtr beep_ = make_beep();
  std::atomic<std::size_t> open_{0};
  SessionId next_session_ = 1;
  StreamId next_stream_ = 1;
  std::unordered_map<StreamId, SessionId> sessions_;  // SIP thread only
  std::vector<std::unique_ptr<MediaThread>> threads_;

 private:
  // A stream that was moved arrives in its session's thread only after its old thread let it go.
  // Until it is there the session's commands go by that thread too, so that none comes before it.
  struct Detour {
    MediaThread* by = nullptr;
    std::atomic<int> on_the_way{0};
  };
  struct Arrival {
    std::atomic<int>& on_the_way;
    ~Arrival() { --on_the_way; }
  };

  // Two moves within one turn of a media thread wait for each other: a fraction of a millisecond,
  // or after a stall of the machine until it has caught up.
  void settle() {
    for (auto& [session, detour] : detours_) {
      while (detour.on_the_way != 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
    detours_.clear();
  }

  std::map<SessionId, Detour> detours_;  // SIP thread only, but for on_the_way
};

Engine::Engine(const config::Media& settings, Hooks hooks, util::Metrics& metrics)
    : impl_(std::make_unique<Impl>(settings, std::move(hooks), metrics)) {}
Engine::~Engine() = default;

std::vector<TapRing*> Engine::tap_rings() {
  std::vector<TapRing*> out;
  for (auto& thread : impl_->threads_) out.push_back(&thread->ring());
  return out;
}

SessionId Engine::open_session() {
  return impl_->next_session_++;
}

util::Result<StreamPorts> Engine::open_stream(SessionId session, const util::IpAddress& local) {
  auto sockets = impl_->ports_.take(local);
  if (!sockets) return tl::unexpected(sockets.error());
  const StreamId id = impl_->next_stream_++;
  const std::uint16_t port = sockets->port();
  auto& thread = impl_->of_session(session);
  auto stream = std::make_unique<Stream>(id, session, std::move(*sockets), thread.ring());
  impl_->sessions_[id] = session;
  impl_->open_.fetch_add(1);
  thread.adopt(std::move(stream));
  return StreamPorts{id, port};
}

void Engine::configure(StreamId stream, const StreamSettings& settings) {
  impl_->post_to(stream, [=](MediaThread& t) { t.configure(stream, settings); });
}

void Engine::connect(StreamId a, StreamId b) {
  impl_->post_to(a, [=](MediaThread& t) { t.connect(a, b); });
}

void Engine::disconnect(StreamId stream) {
  impl_->post_to(stream, [=](MediaThread& t) { t.disconnect(stream); });
}

void Engine::tap(StreamId stream, RecordingNumber recording, std::uint8_t channel) {
  impl_->post_to(stream, [=](MediaThread& t) { t.tap(stream, recording, channel); });
}

void Engine::end_tap(SessionId session, RecordingNumber recording) {
  impl_->post(session, [=](MediaThread& t) { t.end_tap(session, recording); });
}

void Engine::mark(SessionId session, RecordingNumber recording, TapKind kind) {
  impl_->post(session, [=](MediaThread& t) { t.mark(recording, kind); });
}

void Engine::listen(StreamId stream, RecordingNumber listener, std::uint8_t channel) {
  impl_->post_to(stream, [=](MediaThread& t) {
    auto* found = t.find(stream);
    if (found == nullptr) return;
    found->listen(listener, channel);
    if (found->peer() != nullptr) found->peer()->share_listeners(*found);
  });
}

void Engine::end_listen(SessionId session, RecordingNumber listener) {
  impl_->post(session, [=](MediaThread& t) { t.end_listen(session, listener); });
}

void Engine::pause_tap(SessionId session, RecordingNumber recording) {
  impl_->post(session, [=, beep = impl_->beep_](MediaThread& t) {
    t.pause_tap(session, recording, true, beep);
  });
}

void Engine::resume_tap(SessionId session, RecordingNumber recording) {
  impl_->post(session, [=, beep = impl_->beep_](MediaThread& t) {
    t.pause_tap(session, recording, false, beep);
  });
}

void Engine::play(StreamId to, SourcePtr source, PlayId play) {
  impl_->post_to(to, [to, play, source = std::move(source)](MediaThread& t) mutable {
    t.play(to, std::move(source), {.id = play});
  });
}

void Engine::set_background(StreamId to, SourcePtr source, bool recorded) {
  impl_->post_to(to, [to, recorded, source = std::move(source)](MediaThread& t) mutable {
    t.play(to, std::move(source), {.recorded = recorded, .background = true});
  });
}

void Engine::stop_playing(StreamId to) {
  impl_->post_to(to, [=](MediaThread& t) { t.stop_playing(to); });
}

void Engine::move_stream(StreamId stream, SessionId session) {
  impl_->move(stream, session);
}

void Engine::close_stream(StreamId stream) {
  impl_->post_to(stream, [=](MediaThread& t) { t.close(stream); });
  impl_->sessions_.erase(stream);
}

void Engine::close_session(SessionId session) {
  impl_->post(session, [=](MediaThread& t) { t.close_session(session); });
  std::erase_if(impl_->sessions_, [=](const auto& entry) { return entry.second == session; });
}

std::size_t Engine::open_streams() const {
  return impl_->open_.load();
}

}  // namespace ringfort::media
