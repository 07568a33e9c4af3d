// `ringfort selftest`: two phones of our own register with the running daemon by digest, one
// calls the other, both speak, and the recording is taken out of the vault and compared with what
// was said. Nothing is simulated: SIP, RTP, spool, encoder, vault and store are the real ones.
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "audio/convert.h"
#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "daemon/selftest_audio.h"
#include "daemon/selftest_peer.h"
#include "recording/vault.h"
#include "sip/stack.h"
#include "store/calls.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto talk_time = 4s;
constexpr auto unregister_time = 500ms;
constexpr double least_likeness = 0.7;  // own voice in own channel, after two lossy codecs
constexpr double most_leakage = 0.35;   // the other's voice
constexpr auto length_tolerance = 40ms;

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void passed(const std::string& what) {
  fmt::print("ok      {}\n", what);
}

// The daemon's own first listener without TLS, as reached from this machine.
std::string daemon_address(const config::Config& config, domain::Transport& transport) {
  for (const auto& listener : config.sip.listen) {
    if (listener.transport == domain::Transport::tls) continue;
    transport = listener.transport;
    const bool any = listener.host == "0.0.0.0" || listener.host == "::";
    const std::string host = any ? "127.0.0.1" : listener.host;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(listener.port);
  }
  throw Failed("the self-test needs a udp:// or tcp:// listener in [sip] listen");
}

domain::Trunk account(const std::string& user, const std::string& password,
                      const std::string& server, domain::Transport transport) {
  domain::Trunk trunk;
  trunk.name = user;
  trunk.server = server;
  trunk.transport = transport;
  trunk.username = user;
  trunk.password.value = password;
  trunk.registers = true;
  return trunk;
}

std::uint16_t free_port() {
  return SelftestPeer({0}).port();
}

// Both phones, in one SIP stack. Lives on the main thread.
class SelftestCall final : public sip::LegListener {
 public:
  SelftestCall(const config::Config& daemon, const std::string& password)
      : caller_voice_(speak_8khz("This is the caller of the Ringfort self test. One, two, three.")),
        callee_voice_(speak_8khz("And here speaks the other side, quite another sentence.")),
        caller_(caller_voice_),
        callee_(callee_voice_) {
    domain::Transport transport{};
    const std::string server = daemon_address(daemon, transport);
    config_.sip.listen = {{domain::Transport::udp, "127.0.0.1", free_port()},
                          {domain::Transport::tcp, "127.0.0.1", free_port()}};
    config_.directory.trunks = {account(selftest_caller, password, server, transport),
                                account(selftest_callee, password, server, transport)};
    sip::Hooks hooks;
    hooks.on_call = [this](sip::IncomingCall call) { answer(std::move(call)); };
    hooks.on_event = [](domain::Event) {};
    stack_ = sip::Stack::create(config_, "", {}, hooks, clock_, metrics_);
    stack_->set_directory(std::make_shared<const domain::Directory>(config_.directory));
  }
  ~SelftestCall() override {
    out_.reset();
    in_.reset();
    stack_->stop();  // unregisters: the daemon must not ring phones that are gone
    const auto until = std::chrono::steady_clock::now() + unregister_time;
    while (std::chrono::steady_clock::now() < until) stack_->step(10ms);
  }

  void register_phones() {
    wait(10s, "the two phones did not register", [this] {
      return stack_->trunk_usable(selftest_caller) && stack_->trunk_usable(selftest_callee);
    });
    passed("two phones registered by digest");
  }

  void talk() {
    sip::DialRequest request;
    request.to = sip::ToTrunk{selftest_caller, selftest_callee};
    request.offer = sip::make_offer(local(caller_));
    offer_ = request.offer;
    out_ = stack_->dial(request, *this);
    wait(10s, "the call was not answered: " + refused_, [this] { return answered_ || ended_; });
    if (!answered_) throw Failed("the call was refused: " + refused_);
    passed("the call was put through");
    const auto until = std::chrono::steady_clock::now() + talk_time;
    wait(talk_time + 1s, "", [&] { return std::chrono::steady_clock::now() >= until; });
    out_->end({200, 16, "Self-test over.", false});
    wait(10s, "the call did not end", [this] { return ended_; });
    caller_.stop();
    callee_.stop();
    check_heard("the caller", caller_, callee_);
    check_heard("the callee", callee_, caller_);
  }

  const std::vector<std::int16_t>& caller_voice() const { return caller_voice_; }
  const std::vector<std::int16_t>& callee_voice() const { return callee_voice_; }

  void on_progress(sip::Leg&, int, std::optional<sip::SessionDescription>) override {}
  void on_answered(sip::Leg&, sip::SessionDescription sdp) override {
    const auto agreed = sip::read_answer(offer_, sdp);
    if (!agreed) return;
    answered_ = true;
    speak(caller_, *agreed);
  }
  void on_acknowledged(sip::Leg&, std::optional<sip::SessionDescription>) override {}
  void on_offer(sip::Leg& leg, std::optional<sip::SessionDescription>) override {
    leg.refuse_offer(488);
  }
  void on_offer_answered(sip::Leg&, util::Result<sip::SessionDescription>) override {}
  void on_ended(sip::Leg& leg, const sip::LegEnd& end) override {
    if (&leg != out_.get()) return;
    ended_ = true;
    refused_ = end.reason;
  }

 private:
  sip::LocalMedia local(const SelftestPeer& peer) const {
    sip::LocalMedia media;
    media.address = "127.0.0.1";
    media.port = peer.port();
    media.session_id = peer.port();
    media.codecs = {"pcmu"};
    return media;
  }

  void answer(sip::IncomingCall call) {
    in_ = std::move(call.leg);
    in_->set_listener(this);
    const auto made = call.offer ? sip::make_answer(*call.offer, local(callee_), "pcmu")
                                 : util::fail("no offer", 488);
    if (!made) return in_->end({488, 79, made.error().message, false});
    in_->answer(made->sdp);
    speak(callee_, made->negotiated);
  }

  static void speak(SelftestPeer& peer, const sip::Negotiated& agreed) {
    if (const auto ip = util::parse_ip(agreed.remote_address)) {
      peer.start({*ip, agreed.remote_port}, agreed.codec.payload_type);
    }
  }

  void wait(std::chrono::milliseconds limit, const std::string& otherwise,
            const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) throw Failed(otherwise);
      stack_->step(10ms);
    }
  }

  static void check_heard(const std::string& who, const SelftestPeer& peer,
                          const SelftestPeer& other) {
    if (peer.heard() * 10 < other.sent() * 9) {
      throw Failed(fmt::format("{} heard only {} of {} packets", who, peer.heard(), other.sent()));
    }
    passed(
        fmt::format("{} heard the other side ({} of {} packets)", who, peer.heard(), other.sent()));
  }

  config::Config config_;
  const util::SystemClock clock_;
  util::Metrics metrics_;
  const std::vector<std::int16_t> caller_voice_, callee_voice_;
  SelftestPeer caller_, callee_;
  std::unique_ptr<sip::Stack> stack_;
  std::unique_ptr<sip::Leg> out_, in_;
  sip::SessionDescription offer_;
  bool answered_ = false;
  bool ended_ = false;
  std::string refused_;
};

// The newest self-test call that began after `since`, once its recording is sealed.
store::CallRow wait_for_recording(store::Database& tenant, domain::Time since) {
  store::CallFilter filter;
  filter.from = since;
  std::string state = "the call is not in the store";
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(20ms)) {
    for (const auto& row : store::list_calls(tenant.reader(), filter).rows) {
      if (row.call.from.extension != selftest_caller) continue;
      state = "the recording was not finished";
      if (row.recording && row.recording->state == domain::RecordingState::missing) {
        throw Failed("the recording is missing: " + row.recording->reason);
      }
      if (row.recording && row.recording->state == domain::RecordingState::sealed) return row;
    }
  }
  throw Failed(state);
}

StereoAudio recorded_audio(OpenStore& open, const util::Key& master,
                           const domain::Recording& recording) {
  const recording::TenantKeys tenant(load_tenant_keys(open.keys, open.paths.data, master));
  const auto wrapped = open.stored_keys.get(recording.id);
  const auto key = wrapped ? recording::unwrap_key(tenant, *wrapped, recording.id) : std::nullopt;
  if (!key) throw Failed("the recording's key is not in the store");
  const std::string path = open.paths.vault + "/" + recording.path;
  auto file = recording::open_vault_file(*open.disk, path, *key, recording.id);
  if (!file) throw Failed(file.error().message);
  std::string wav;
  const auto done =
      audio::convert(**file, recording.format, {audio::AudioFormat::wav, 2, {}},
                     [&](std::span<const std::byte> bytes) {
                       wav.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                       return true;
                     });
  if (!done) throw Failed(done.error().message);
  auto audio = parse_wav(wav);
  if (!audio) throw Failed(audio.error().message);
  return to_8khz(*audio);
}

void check_length(const store::CallRow& row) {
  const auto talked = *row.call.ended_at - *row.call.answered_at;
  const auto off = std::chrono::abs(row.recording->length - talked);
  if (off > length_tolerance) {
    throw Failed(fmt::format("the recording is {} ms long, the call was {} ms",
                             row.recording->length.count(), talked.count()));
  }
  passed(fmt::format("the recording is as long as the call ({} ms of {} ms)",
                     row.recording->length.count(), talked.count()));
}

void check_channel(const std::string& name, const std::vector<std::int16_t>& channel,
                   const std::vector<std::int16_t>& own, const std::vector<std::int16_t>& other,
                   int sample_rate) {
  const double mine = likeness(channel, own, sample_rate, Moves::once);
  const double leak = likeness(channel, other, sample_rate, Moves::never);
  if (mine < least_likeness || leak > most_leakage) {
    throw Failed(fmt::format("{}: own voice {:.2f}, other voice {:.2f}", name, mine, leak));
  }
  passed(fmt::format("{} holds its own voice ({:.2f}) and not the other's ({:.2f})", name, mine,
                     leak));
}

}  // namespace

int selftest_command(const Words& words) {
  const Arguments arguments(words, {}, {});
  log::set_level(log::Level::error);
  const auto loaded = need_config(arguments);
  if (!loaded.master) throw std::runtime_error("the master key cannot be read");
  OpenStore open(loaded);
  try {
    const auto since = util::SystemClock().now();
    SelftestCall call(loaded.config, selftest_password(open.paths.data, MasterKey::read_only));
    call.register_phones();
    call.talk();
    const auto row = wait_for_recording(open.tenant, since);
    passed("the recording is sealed and in the store");
    check_length(row);
    const auto audio = recorded_audio(open, *loaded.master, *row.recording);
    check_channel("the left channel", audio.left, call.caller_voice(), call.callee_voice(),
                  audio.sample_rate);
    check_channel("the right channel", audio.right, call.callee_voice(), call.caller_voice(),
                  audio.sample_rate);
  } catch (const Failed& e) {
    fmt::print("not ok  {}\n", e.what());
    return 1;
  }
  fmt::print("The self-test passed.\n");
  return 0;
}

}  // namespace ringfort::daemon
