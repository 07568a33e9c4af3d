// load_generator: N calls through a server from one carrier to another, with audio both ways.
// Prints one JSON line when all calls are up, when the measured window begins and ends, and at
// the end. Loopback only; ends by itself. One thread.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <poll.h>

#include "rtp_load.h"
#include "sip_load.h"

namespace ringfort::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::microseconds half_millisecond{500};
constexpr milliseconds patience{60'000};  // for all calls to come up, or to end

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        caller_audio_(options.host, count(), 1'000'000),
        callee_audio_(options.host, count(), 2'000'000),
        callers_(options, caller_audio_.port()),
        callees_(options, callee_audio_.port()) {
    callers_.on_up = [this](std::size_t n, const sockaddr_in& to) {
      if (options_.audio) return caller_audio_.start(n, to);
      callers_.end(n);
    };
    callees_.on_up = [this](std::size_t n, const sockaddr_in& to) {
      if (options_.audio && n < count()) callee_audio_.start(n, to);
    };
    callees_.on_ended = [this](std::size_t n) {
      if (n < count()) callee_audio_.stop(n);
    };
  }

  int run() {
    options_.floor_port != 0 ? start_all() : place_all();
    if (options_.audio) {
      say("up");
      turn_for(milliseconds(1500));
      say("window_begin");
      measured_ = true;
      turn_for(std::chrono::seconds(options_.window_s));
      measured_ = false;
      say("window_end");
      turn_for(milliseconds(500));
      options_.floor_port != 0 ? stop_all() : end_all();
    }
    say("end");
    if (options_.floor_port != 0) return 0;
    return callers_.count(Callers::State::done) == count() ? 0 : 1;
  }

 private:
  std::size_t count() const { return static_cast<std::size_t>(options_.calls); }

  void place_all() {
    const auto begin = Clock::now();
    std::size_t placed = 0;
    const auto settled = [this] {
      return callers_.count(Callers::State::inviting) + callers_.count(Callers::State::ending) +
             (options_.audio ? 0 : callers_.count(Callers::State::up));
    };
    while (placed < count() || settled() > 0) {
      const std::chrono::duration<double> gone = Clock::now() - begin;
      const auto due = static_cast<std::size_t>(gone.count() * options_.rate);
      for (; placed < count() && placed < due; ++placed) callers_.place(placed);
      if (gone > patience + std::chrono::seconds(options_.calls / options_.rate)) break;
      turn();
    }
  }

  // Audio alone, for a relay that needs no signalling.
  void start_all() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    inet_pton(AF_INET, options_.host.c_str(), &to.sin_addr);
    for (std::size_t n = 0; n < count(); ++n) {
      to.sin_port = htons(static_cast<std::uint16_t>(options_.floor_port + 2 * n));
      caller_audio_.start(n, to);
      to.sin_port = htons(static_cast<std::uint16_t>(options_.floor_port + 2 * n + 1));
      callee_audio_.start(n, to);
    }
  }

  void stop_all() {
    for (std::size_t n = 0; n < count(); ++n) {
      caller_audio_.stop(n);
      callee_audio_.stop(n);
    }
    turn_for(milliseconds(100));
  }

  void end_all() {
    const auto begin = Clock::now();
    for (std::size_t n = 0; n < count();) {
      const std::chrono::duration<double> gone = Clock::now() - begin;
      for (; n < count() && static_cast<double>(n) < gone.count() * options_.rate; ++n) {
        caller_audio_.stop(n);
        if (callers_.state(n) == Callers::State::up) callers_.end(n);
      }
      turn();
    }
    while (callers_.count(Callers::State::ending) > 0 && Clock::now() - begin < 2 * patience) {
      turn();
    }
  }

  void turn_for(Clock::duration span) {
    const auto end = Clock::now() + span;
    while (Clock::now() < end) turn();
  }

  // Sends what is due in each half millisecond since the last turn, callers and callees in turn,
  // then waits for the next one.
  void turn() {
    const auto due = (Clock::now() - begin_) / half_millisecond;
    if (due - ticks_ > 400) ticks_ = due - 400;  // we were stopped: do not make a storm
    for (; ticks_ < due; ++ticks_) {
      const int slot = static_cast<int>(ticks_ / 2 % 20);
      if (ticks_ % 2 == 0) caller_audio_.send_slot(slot, measured_, to_callee_);
      if (ticks_ % 2 == 1) callee_audio_.send_slot(slot, measured_, to_caller_);
      if (ticks_ % 1000 == 0) callers_.repeat_unanswered();
    }
    std::array<pollfd, 2> signalling{{{callers_.fd(), POLLIN, 0}, {callees_.fd(), POLLIN, 0}}};
    const auto next = begin_ + (ticks_ + 1) * half_millisecond - Clock::now();
    const timespec wait{0, std::clamp<long>(std::chrono::nanoseconds(next).count(), 0, 1'000'000)};
    // The audio is stamped by the kernel, so it may wait; the signalling may not.
    ppoll(signalling.data(), signalling.size(), &wait, nullptr);
    callers_.receive();
    callees_.receive();
    caller_audio_.receive(to_caller_);
    callee_audio_.receive(to_callee_);
  }

  void say(const char* event) {
    RtpTotals all = to_caller_;
    all.sent += to_callee_.sent;
    all.received += to_callee_.received;
    all.delays_us.insert(all.delays_us.end(), to_callee_.delays_us.begin(),
                         to_callee_.delays_us.end());
    using State = Callers::State;
    std::printf(
        "{\"event\":\"%s\",\"up\":%zu,\"done\":%zu,\"failed\":%zu,\"packets_sent\":%llu,"
        "\"packets_received\":%llu,\"delay_ms_p50\":%.3f,\"delay_ms_p99\":%.3f,"
        "\"delay_ms_p999\":%.3f}\n",
        event, callers_.count(State::up), callers_.count(State::done),
        callers_.count(State::failed), static_cast<unsigned long long>(all.sent),
        static_cast<unsigned long long>(all.received), all.percentile_ms(0.5),
        all.percentile_ms(0.99), all.percentile_ms(0.999));
    std::fflush(stdout);
  }

  const Options& options_;
  RtpSide caller_audio_;
  RtpSide callee_audio_;
  RtpTotals to_callee_;
  RtpTotals to_caller_;
  Callers callers_;
  Callees callees_;
  Clock::time_point begin_ = Clock::now();
  std::int64_t ticks_ = 0;
  bool measured_ = false;
};

Options read_options(int argc, char** argv) {
  Options out;
  const std::map<std::string, std::function<void(const char*)>> known{
      {"--server", [&](const char* v) { out.server_port = static_cast<std::uint16_t>(atoi(v)); }},
      {"--caller", [&](const char* v) { out.caller_port = static_cast<std::uint16_t>(atoi(v)); }},
      {"--callee", [&](const char* v) { out.callee_port = static_cast<std::uint16_t>(atoi(v)); }},
      {"--number", [&](const char* v) { out.number = v; }},
      {"--calls", [&](const char* v) { out.calls = std::max(1, atoi(v)); }},
      {"--rate", [&](const char* v) { out.rate = std::max(1, atoi(v)); }},
      {"--window", [&](const char* v) { out.window_s = atoi(v); }},
      {"--floor", [&](const char* v) { out.floor_port = static_cast<std::uint16_t>(atoi(v)); }},
      {"--audio", [&](const char* v) { out.audio = atoi(v) != 0; }},
  };
  for (int n = 1; n + 1 < argc; n += 2) {
    const auto found = known.find(argv[n]);
    if (found == known.end()) throw std::runtime_error(std::string("unknown option ") + argv[n]);
    found->second(argv[n + 1]);
  }
  return out;
}

}  // namespace
}  // namespace ringfort::bench

int main(int argc, char** argv) {
  try {
    const auto options = ringfort::bench::read_options(argc, argv);
    ringfort::bench::Load load(options);
    return load.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
