#include "sip/stack.h"

#include <utility>

#include "sip/agent.h"
#include "sip/dispatcher.h"
#include "sip/tls_reaper.h"

namespace ringfort::sip {
namespace {

using namespace std::chrono_literals;

constexpr auto sweep_pause = 1s;
constexpr auto unregister_time = 2s;

// Everything of the SIP thread, built top to bottom.
class SofiaStack final : public Stack {
 public:
  SofiaStack(const config::Config& config, const std::string& tls_dir,
             std::vector<domain::Binding> bindings, Hooks hooks, const util::Clock& clock,
             util::Metrics& metrics)
      : nat_(config.sip),
        agent_(
            make_agent(loop_.root(), &Dispatcher::on_message, &dispatcher_, config.sip, tls_dir)),
        services_{loop_, agent_.get(), nat_, clock,
                  std::chrono::duration_cast<std::chrono::seconds>(config.sip.session_expires)},
        trunks_(services_, hooks.on_event),
        bindings_(clock, hooks.on_event),
        dispatcher_(config.sip, services_, trunks_, bindings_, std::move(hooks.on_call), metrics) {
    bindings_.restore(std::move(bindings));
    sweep();
  }

  // New connections must be under watch before the agent takes them down.
  ~SofiaStack() override { tls_reaper_.sweep(); }

  void run() override { loop_.run(); }
  void step(std::chrono::milliseconds wait) override { loop_.step(wait); }
  void post(std::function<void()> task) override { loop_.post(std::move(task)); }
  void stop() override {
    loop_.post([this] {
      stop_timer_ = loop_.after(unregister_time, [this] { loop_.stop(); });
      trunks_.stop([this] { loop_.stop(); });
    });
  }
  void set_directory(domain::DirectoryPtr directory) override {
    loop_.post([this, directory = std::move(directory)] {
      dispatcher_.set_directory(directory);
      trunks_.set_directory(directory);
    });
  }

  std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                               std::function<void()> task) override {
    return loop_.after(delay, std::move(task));
  }
  std::vector<domain::Binding> bindings_of(const std::string& extension) override {
    return bindings_.of(extension);
  }
  bool trunk_usable(const std::string& trunk) override { return trunks_.usable(trunk); }
  std::unique_ptr<Leg> dial(const DialRequest& request, LegListener& listener) override {
    return dispatcher_.dial(request, listener);
  }
  void refuse_new_calls() override { dispatcher_.refuse_new_calls(); }

 private:
  void sweep() {
    bindings_.sweep();
    tls_reaper_.sweep();
    sweep_timer_ = loop_.after(sweep_pause, [this] { sweep(); });
  }

  Loop loop_;
  Nat nat_;
  TlsReaper tls_reaper_;  // frees what the agent's end leaves behind
  AgentHandle agent_;     // before everything that holds handles of its making
  Services services_;
  Trunks trunks_;
  Bindings bindings_;
  Dispatcher dispatcher_;
  std::unique_ptr<Timer> sweep_timer_, stop_timer_;
};

}  // namespace

std::unique_ptr<Stack> Stack::create(const config::Config& config, std::string tls_dir,
                                     std::vector<domain::Binding> bindings, Hooks hooks,
                                     const util::Clock& clock, util::Metrics& metrics) {
  return std::make_unique<SofiaStack>(config, tls_dir, std::move(bindings), std::move(hooks), clock,
                                      metrics);
}

}  // namespace ringfort::sip
