// A SIP stack without a network: tests hand it legs and look at what was asked of them. Timers
// and posted tasks run when the test says so.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sip/stack.h"

namespace ringfort::test {

// What happened to one leg, kept after the leg itself is gone.
struct LegTrace {
  std::vector<std::string> asked;  // "ring", "ring early", "answer", "end 486", "elsewhere"…
  sip::LegListener* listener = nullptr;
  sip::Leg* leg = nullptr;
  sip::DialRequest request;
  std::string call_id = "fake";
  std::optional<sip::SessionDescription> answer;
  bool did(const std::string& what) const {
    return std::find(asked.begin(), asked.end(), what) != asked.end();
  }
};

class FakeLeg final : public sip::Leg {
 public:
  explicit FakeLeg(std::shared_ptr<LegTrace> trace) : trace_(std::move(trace)) {
    trace_->leg = this;
  }
  ~FakeLeg() override { trace_->leg = nullptr; }
  void set_listener(sip::LegListener* listener) override { trace_->listener = listener; }
  void ring(std::optional<sip::SessionDescription> sdp) override {
    trace_->asked.push_back(sdp ? "ring early" : "ring");
  }
  void answer(const sip::SessionDescription& sdp) override {
    trace_->answer = sdp;
    trace_->asked.push_back("answer");
  }
  void offer(const sip::SessionDescription&) override { trace_->asked.push_back("offer"); }
  void accept_offer(const sip::SessionDescription& sdp) override {
    trace_->answer = sdp;
    trace_->asked.push_back("accept");
  }
  void refuse_offer(int status) override {
    trace_->asked.push_back("refuse " + std::to_string(status));
  }
  void accept_refer() override { trace_->asked.push_back("accept refer"); }
  void refuse_refer(int status) override {
    trace_->asked.push_back("refuse refer " + std::to_string(status));
  }
  void tell_refer(int status) override {
    trace_->asked.push_back("tell " + std::to_string(status));
  }
  bool is(const sip::DialogName& name) const override { return name.call_id == trace_->call_id; }
  void end(const sip::LegEnd& end) override {
    trace_->asked.push_back("end " + std::to_string(end.sip_status));
  }
  void end_answered_elsewhere() override { trace_->asked.push_back("elsewhere"); }
  std::string call_id() const override { return trace_->call_id; }
  std::string peer() const override { return "127.0.0.1:5060"; }
  std::string device() const override { return "fake"; }
  std::string nat_address() const override { return {}; }
  std::string local_address() const override { return "127.0.0.1"; }
  bool over_tls() const override { return false; }

 private:
  std::shared_ptr<LegTrace> trace_;
};

class FakeStack final : public sip::Stack {
 public:
  void run() override {}
  void step(std::chrono::milliseconds) override { run_posted(); }
  void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }
  void stop() override {}
  void set_directory(domain::DirectoryPtr) override {}
  std::unique_ptr<sip::Timer> after(std::chrono::milliseconds delay,
                                    std::function<void()> task) override {
    auto shared = std::make_shared<std::function<void()>>(std::move(task));
    timers.push_back({delay, shared});
    struct Owner final : sip::Timer {
      explicit Owner(std::shared_ptr<std::function<void()>> f) : task(std::move(f)) {}
      ~Owner() override { *task = nullptr; }
      std::shared_ptr<std::function<void()>> task;
    };
    return std::make_unique<Owner>(shared);
  }
  std::vector<domain::Binding> bindings_of(const std::string& extension) override {
    return bindings[extension];
  }
  bool trunk_usable(const std::string& trunk) override { return !dead_trunks.contains(trunk); }
  std::unique_ptr<sip::Leg> dial(const sip::DialRequest& request,
                                 sip::LegListener& listener) override {
    auto trace = std::make_shared<LegTrace>();
    trace->request = request;
    trace->listener = &listener;
    dialled.push_back(trace);
    return std::make_unique<FakeLeg>(trace);
  }
  void refuse_new_calls() override {}

  void run_posted() {
    while (!posted_.empty()) {
      auto task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }
  // Lets every timer that is still wanted ring, oldest first.
  void fire_timers() {
    for (auto& [delay, task] : std::exchange(timers, {})) {
      const auto copy = *task;
      if (copy) copy();
    }
  }

  std::map<std::string, std::vector<domain::Binding>> bindings;
  std::map<std::string, bool> dead_trunks;
  std::vector<std::shared_ptr<LegTrace>> dialled;
  std::vector<std::pair<std::chrono::milliseconds, std::shared_ptr<std::function<void()>>>> timers;

 private:
  std::deque<std::function<void()>> posted_;
};

}  // namespace ringfort::test
