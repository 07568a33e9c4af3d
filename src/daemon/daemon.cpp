#include "daemon/daemon.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <thread>
#include <variant>

#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "calls/switchboard.h"
#include "daemon/file_lock.h"
#include "daemon/keeping.h"
#include "daemon/key_store.h"
#include "daemon/live_board.h"
#include "daemon/paths.h"
#include "formats/found_damage.h"
#include "http/certificate.h"
#include "http/server.h"
#include "jobs/periodic.h"
#include "jobs/reconcile.h"
#include "jobs/retention.h"
#include "jobs/verify_job.h"
#include "keeping/deletion.h"
#include "keeping/evidence_begin.h"
#include "keeping/evidence_key.h"
#include "keeping/kept_spools.h"
#include "keeping/left_behind.h"
#include "store/accounts.h"
#include "store/bindings.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto recordings_patience = 30s;  // for the last seconds of audio at stop

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

recording::RecorderSettings recorder_settings(const config::Config& config, const Paths& paths) {
  return {paths.spool, paths.vault, config.recording.format, config.recording.reserve};
}

// The certificate names what a browser on the LAN may call this box.
std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof(name) - 1) != 0) return "localhost";
  return name;
}

std::string prepared_tls(const config::Config& config, const Paths& paths) {
  std::vector<std::string> addresses{"127.0.0.1", "::1"};
  if (!config.sip.public_address.empty()) addresses.push_back(config.sip.public_address);
  if (config.http.host != "0.0.0.0" && config.http.host != "::") {
    addresses.push_back(config.http.host);
  }
  http::ensure_certificates(paths.tls, host_name(), addresses);
  return paths.tls;
}

}  // namespace

void block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

// Members are declared in the order of construction; the destructor's order is the reverse.
class Daemon::Impl {
 public:
  Impl(std::string file, LoadedConfig loaded)
      : file_(std::move(file)),
        config_(std::move(loaded.config)),
        directory_(std::make_shared<const domain::Directory>(config_.directory)),
        paths_(config_.server.data_dir),
        lock_(paths_.lock),
        disk_(util::make_disk()),
        system_(paths_.system_db, store::Schema::system),
        tenant_(paths_.tenant_db, store::Schema::tenant),
        keys_(paths_.keys_db, store::Schema::keys),
        tenant_key_(load_tenant_keys(keys_, paths_.data, *loaded.master)),
        tls_dir_(prepared_tls(config_, paths_)),
        signer_(keeping::open_evidence(tenant_, keys_, tenant_key_, clock_.now())),
        deleter_(tenant_, keys_, system_, *disk_, paths_.vault, paths_.spool, signer_),
        writer_(tenant_, keys_, signer_, [this](const domain::Event& e) { on_stored(e); }),
        stored_keys_(keys_, &writer_),
        prompts_(std::filesystem::path(file_).parent_path().string()) {
    try {
      start();
    } catch (...) {  // a thread that was started must be ended before its members go
      stop();
      throw;
    }
  }

  ~Impl() { stop(); }

  void run() {
    name_setup_link();
    sd_notify(0, "READY=1");
    log::info("ringfort {} is ready: {} extensions, {} trunks", RINGFORT_VERSION,
              config_.directory.extensions.size() - 2, config_.directory.trunks.size());
    while (true) {
      const int signal = wait_for_signal(watchdog_interval());
      if (signal == SIGHUP) reload();
      if (signal == SIGTERM || signal == SIGINT) break;
    }
    drain();
  }

 private:
  void start() {
    keeping::drop_lonely_keys(tenant_, keys_, *disk_, paths_.spool);
    keeping::drop_useless_spools(tenant_, keys_, *disk_, paths_.spool);
    keeping::adopt_spooled_calls(tenant_, stored_keys_, tenant_key_, *disk_, paths_.spool);
    jobs::close_lost_calls(tenant_, clock_.now());
    start_media();
    start_sip();
    start_keeping();
    start_web();
    start_jobs();
  }

  void start_media() {
    media::Hooks hooks;
    hooks.on_silence = [this](auto session, auto stream) {
      stack_->post([=, this] { switchboard_->on_silence(session, stream); });
    };
    hooks.on_digit = [this](auto session, auto stream, char digit) {
      stack_->post([=, this] { switchboard_->on_digit(session, stream, digit); });
    };
    hooks.on_played = [this](auto session, auto stream, auto play) {
      stack_->post([=, this] { switchboard_->on_played(session, stream, play); });
    };
    hooks.on_closed = [this](auto session, auto stream, const domain::LegQuality& quality) {
      stack_->post([=, this] { switchboard_->on_closed(session, stream, quality); });
    };
    engine_.emplace(config_.media, std::move(hooks), metrics_);
    recorder_.emplace(
        recording_with_store(), tenant_key_, stored_keys_, *disk_, engine_->tap_rings(),
        [this](domain::Event e) { on_event(std::move(e)); }, clock_, metrics_);
  }

  recording::RecorderSettings recording_with_store() {
    auto settings = recorder_settings(config_, paths_);
    settings.is_stored = [this](const std::string& item) {
      return store::is_settled(tenant_.reader(), item);
    };
    return settings;
  }

  void start_sip() {
    sip::Hooks hooks;
    hooks.on_call = [this](sip::IncomingCall call) { switchboard_->take(std::move(call)); };
    hooks.on_event = [this](domain::Event e) { on_event(std::move(e)); };
    auto bindings = store::unexpired_bindings(tenant_.reader(), clock_.now());
    show_restored(bindings);
    std::promise<void> ready;
    auto started = ready.get_future();
    sip_thread_ = std::thread([this, &ready, hooks = std::move(hooks), bindings] {
      try {
        stack_ = sip::Stack::create(config_, tls_dir_, bindings, hooks, clock_, metrics_);
        stack_->set_directory(directory_.load());
        switchboard_.emplace(
            config_, *stack_, *engine_, *recorder_, prompts_,
            [this](domain::Event e) { on_event(std::move(e)); }, clock_, metrics_);
      } catch (...) {
        return ready.set_exception(std::current_exception());
      }
      ready.set_value();
      stack_->run();
      end_sip();
    });
    started.get();
    sip_runs_ = true;
  }

  // On the SIP thread, when its loop has ended: whoever posts to the stack goes before it.
  void end_sip() {
    switchboard_.reset();
    recorder_.reset();
    engine_.reset();
    stack_.reset();
  }

  void start_web() {
    http::Services services{system_,      tenant_, keys_,    stored_keys_, *disk_, tenant_key_,
                            paths_.vault, clock_,  metrics_, {},           {},     {},
                            {},           {}};
    services.directory = [this] { return directory_.load(); };
    services.live_calls = [this] { return board_.calls(); };
    services.unstored_alarms = [this] {
      std::vector<std::pair<std::int64_t, domain::AlarmRaised>> out;
      for (auto& each : board_.unstored_alarms()) out.emplace_back(each.id, std::move(each.alarm));
      return out;
    };
    services.hang_up = [this](const std::string& call, const std::string& who) {
      if (!board_.is_live(call)) return false;
      stack_->post([this, call, who] { switchboard_->hang_up(call, who); });
      return true;
    };
    services.listen_live = [this](const std::string& call, const std::string& who) {
      std::promise<util::Result<std::unique_ptr<recording::LiveListener>>> answer;
      stack_->post([&] { answer.set_value(switchboard_->listen(call, who)); });
      return answer.get_future().get();
    };
    services.stop_listening = [this](const std::string& call, std::uint32_t listener) {
      stack_->post([this, call, listener] { switchboard_->stop_listening(call, listener); });
    };
    services.control_recording = [this](const std::string& call, calls::RecordingOrder order,
                                        const std::string& who) {
      std::promise<util::Result<void>> answer;
      stack_->post([&] { answer.set_value(switchboard_->control_recording(call, order, who)); });
      return answer.get_future().get();
    };
    services.bindings = [this] { return board_.bindings(clock_.now()); };
    services.trunks = [this] { return board_.trunks(); };
    services.storage = [this] { return keeping_->storage(); };
    services.damage_found = [this](const auto& recording, const auto& found) {
      formats::note_damage(tenant_, recording, found, clock_.now(),
                           [this](domain::Event e) { on_event(std::move(e)); });
    };
    services.signer = &signer_;
    services.deleter = &deleter_;
    services.make_recovery_key = [this] { return keeping_->make_recovery_key(); };
    auto server = std::make_unique<http::Server>(config_, tls_dir_, std::move(services));
    web_owner_ = std::move(server);
    web_.store(web_owner_.get());
  }

  void start_keeping() {
    keeping_.emplace(
        KeepingParts{config_, file_, paths_, system_, tenant_, keys_, writer_, *disk_, tenant_key_,
                     signer_.public_key(), [this] { return directory_.load(); },
                     [this](domain::Event e) { on_event(std::move(e)); }, clock_, metrics_});
  }

  void start_jobs() {
    retention_.emplace(
        tenant_, keys_, system_, deleter_, signer_,
        [this] { return directory_.load()->retention.audit_log; },
        [this](domain::Event e) { on_event(std::move(e)); }, clock_, metrics_);
    reconcile_.emplace(
        tenant_, [this](domain::Event e) { on_event(std::move(e)); }, metrics_);
    retention_timer_.emplace("retention", 60s, [this] { retention_->run_once(clock_.now()); });
    alarm_timer_.emplace("alarms", 5s, [this] { tell_unstored_alarms(); });
    verify_.emplace(
        keeping::Verified{tenant_, keys_, *disk_, paths_.vault, tenant_key_, signer_.public_key(),
                          paths_.spool},
        [this](domain::Event e) { on_event(std::move(e)); }, metrics_);
    verify_timer_.emplace("check", 1h, [this] { verify_->run_once(clock_.now()); });
    reconcile_timer_.emplace("reconcile", 5s, [this] { reconcile_->run_once(clock_.now()); });
  }

  // From any thread: shown at once, stored by the writer.
  void on_event(domain::Event event) {
    board_.take(event);
    if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) {
      log::error("{}: {} {}", alarm->name, alarm->text, alarm->call);
    }
    writer_.save(std::move(event));
  }

  // On the writer thread: pages hear of what they can read.
  void on_stored(const domain::Event& event) {
    board_.stored(event);
    if (auto* web = web_.load()) web->publish(event);
  }

  // What the store does not take in time is told all the same.
  void tell_unstored_alarms() {
    auto* web = web_.load();
    const auto now = std::chrono::steady_clock::now();
    const auto alarms = board_.unstored_alarms();
    for (auto each = alarms.rbegin(); each != alarms.rend(); ++each) {
      if (web == nullptr || each->id >= told_alarm_ || now - each->since < 5s) continue;
      told_alarm_ = each->id;
      web->publish(each->alarm);
    }
  }

  void show_restored(const std::vector<domain::Binding>& bindings) {
    std::map<std::string, std::vector<domain::Binding>> by_extension;
    for (const auto& binding : bindings) by_extension[binding.extension].push_back(binding);
    for (const auto& [extension, list] : by_extension) {
      board_.take(domain::RegistrationChanged{extension, list});
    }
  }

  // Whoever has the link owns the box, and others than root read the journal: it has the command.
  void name_setup_link() {
    if (store::count_users(system_.reader()) > 0) return;
    log::info(
        "no user exists yet; `ringfort setup-link` prints the address that creates the owner");
  }

  // Telephony follows the new file; listeners and ports are taken at start only.
  void reload() {
    sd_notify(0, "RELOADING=1");
    auto loaded = load_config(file_, MasterKey::create);
    if (!loaded.good) {
      log::error("the configuration was not reloaded, the old one stays in force:\n{}",
                 loaded.described);
    } else if (loaded.config.server.data_dir != config_.server.data_dir) {
      log::error(
          "[server] data_dir cannot change while Ringfort runs; the old file stays in force");
    } else {
      auto next = std::make_shared<const domain::Directory>(loaded.config.directory);
      directory_.store(next);
      stack_->set_directory(next);
      stack_->post([this, next] { switchboard_->set_directory(next); });
      log::info("the configuration was reloaded");
    }
    sd_notify(0, "READY=1");
  }

  void drain() {
    sd_notify(0, "STOPPING=1");
    log::info("stopping: {} calls in progress, waiting up to {} s for them", switchboard_->live(),
              std::chrono::duration_cast<std::chrono::seconds>(config_.server.drain).count());
    stack_->post([this] { stack_->refuse_new_calls(); });
    const auto deadline = clock_.steady() + config_.server.drain;
    while (switchboard_->live() > 0 && clock_.steady() < deadline) {
      const int signal = wait_for_signal(200ms);
      if (signal == SIGTERM || signal == SIGINT) break;
    }
    stack_->post([this] { switchboard_->hang_up_all("Ringfort was stopped."); });
    for (int i = 0; i < 100 && switchboard_->live() > 0; ++i) std::this_thread::sleep_for(20ms);
    recorder_->wait_finished(recordings_patience);
  }

  void stop() {
    if (verify_) verify_->stop();
    if (reconcile_) reconcile_->stop();
    verify_timer_.reset();
    retention_timer_.reset();
    reconcile_timer_.reset();
    alarm_timer_.reset();
    web_.store(nullptr);
    web_owner_.reset();
    keeping_.reset();
    if (sip_thread_.joinable()) {
      if (sip_runs_) stack_->stop();
      sip_thread_.join();
    }
    writer_.flush(10s);
    log::info("stopped");
  }

  static std::chrono::milliseconds watchdog_interval() {
    std::uint64_t usec = 0;
    if (sd_watchdog_enabled(0, &usec) <= 0) return 1h;
    return std::chrono::milliseconds(usec / 1000 / 3);
  }

  // One of our signals, or 0 when the time is over. Pats the watchdog when the SIP loop lives.
  int wait_for_signal(std::chrono::milliseconds limit) {
    const sigset_t set = our_signals();
    const timespec time{limit.count() / 1000, (limit.count() % 1000) * 1'000'000};
    const int signal = sigtimedwait(&set, nullptr, &time);
    stack_->post([] { sd_notify(0, "WATCHDOG=1"); });
    return signal < 0 ? 0 : signal;
  }

  const std::string file_;
  const config::Config config_;
  std::atomic<domain::DirectoryPtr> directory_;
  const Paths paths_;
  const FileLock lock_;
  const util::SystemClock clock_;
  util::Metrics metrics_;
  std::unique_ptr<util::Disk> disk_;
  store::Database system_;
  store::Database tenant_;
  store::Database keys_;
  const recording::TenantKeys tenant_key_;
  const std::string tls_dir_;
  LiveBoard board_;
  std::atomic<http::Server*> web_{nullptr};
  const util::SigningKey signer_;
  keeping::Deleter deleter_;
  store::Writer writer_;
  StoredKeys stored_keys_;
  media::PromptStore prompts_;
  std::unique_ptr<sip::Stack> stack_;
  std::optional<media::Engine> engine_;
  std::optional<recording::Recorder> recorder_;
  std::optional<calls::Switchboard> switchboard_;
  std::thread sip_thread_;
  bool sip_runs_ = false;
  std::optional<Keeping> keeping_;
  std::unique_ptr<http::Server> web_owner_;
  std::optional<jobs::RetentionJob> retention_;
  std::optional<jobs::ReconcileJob> reconcile_;
  std::optional<jobs::VerifyJob> verify_;
  std::optional<jobs::Periodic> retention_timer_;
  std::optional<jobs::Periodic> verify_timer_;
  std::optional<jobs::Periodic> reconcile_timer_;
  std::optional<jobs::Periodic> alarm_timer_;
  std::int64_t told_alarm_ = 0;  // on the alarm timer
};

Daemon::Daemon(std::string config_file, LoadedConfig loaded)
    : impl_(std::make_unique<Impl>(std::move(config_file), std::move(loaded))) {}
Daemon::~Daemon() = default;
void Daemon::run() {
  impl_->run();
}

}  // namespace ringfort::daemon
