#include "media/engine.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

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

  MediaThread* of_stream(StreamId stream) {
    const auto found = sessions_.find(stream);
    return found == sessions_.end() ? nullptr : &of_session(found->second);
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
  if (auto* t = impl_->of_stream(stream)) t->post([=] { t->configure(stream, settings); });
}

void Engine::connect(StreamId a, StreamId b) {
  if (auto* t = impl_->of_stream(a)) t->post([=] { t->connect(a, b); });
}

void Engine::disconnect(StreamId stream) {
  if (auto* t = impl_->of_stream(stream)) t->post([=] { t->disconnect(stream); });
}

void Engine::tap(StreamId stream, RecordingNumber recording, std::uint8_t channel) {
  if (auto* t = impl_->of_stream(stream)) {
    t->post([=] {
      if (auto* found = t->find(stream)) found->tap(recording, channel);
    });
  }
}

void Engine::end_tap(SessionId session, RecordingNumber recording) {
  auto& thread = impl_->of_session(session);
  thread.post([&thread, session, recording] { thread.end_tap(session, recording); });
}

void Engine::mark(SessionId session, RecordingNumber recording, TapKind kind) {
  auto& thread = impl_->of_session(session);
  thread.post([&thread, recording, kind] { thread.mark(recording, kind); });
}

void Engine::pause_tap(SessionId session, RecordingNumber recording) {
  auto& thread = impl_->of_session(session);
  thread.post([&thread, session, recording, beep = impl_->beep_] {
    thread.pause_tap(session, recording, true, beep);
  });
}

void Engine::resume_tap(SessionId session, RecordingNumber recording) {
  auto& thread = impl_->of_session(session);
  thread.post([&thread, session, recording, beep = impl_->beep_] {
    thread.pause_tap(session, recording, false, beep);
  });
}

void Engine::play(StreamId to, PromptPtr prompt, PlayId play) {
  if (auto* t = impl_->of_stream(to)) {
    t->post([=, prompt = std::move(prompt)] { t->play(to, prompt, play); });
  }
}

void Engine::stop_playing(StreamId to) {
  if (auto* t = impl_->of_stream(to)) t->post([=] { t->stop_playing(to); });
}

void Engine::close_stream(StreamId stream) {
  auto* t = impl_->of_stream(stream);
  if (t == nullptr) return;
  impl_->sessions_.erase(stream);
  t->post([=] { t->close(stream); });
}

void Engine::close_session(SessionId session) {
  std::erase_if(impl_->sessions_, [=](const auto& entry) { return entry.second == session; });
  auto& thread = impl_->of_session(session);
  thread.post([&thread, session] { thread.close_session(session); });
}

std::size_t Engine::open_streams() const {
  return impl_->open_.load();
}

}  // namespace ringfort::media
