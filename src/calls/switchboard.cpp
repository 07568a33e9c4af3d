#include "calls/switchboard.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <variant>

#include "calls/announcement.h"
#include "calls/call.h"
#include "calls/facts.h"
#include "calls/waiting.h"
#include "util/log.h"

namespace ringfort::calls {
namespace {

// A call that came back to us through a carrier, however it lost its path header.
constexpr std::size_t longest_path = 5;
constexpr int most_same_attempts = 5;

}  // namespace

class Switchboard::Impl final : public CallOwner {
 public:
  Impl(const config::Config& config, sip::Stack& stack, media::Engine& engine,
       recording::Recorder& recorder, media::PromptStore& prompts, domain::EventSink on_event,
       const util::Clock& clock, util::Metrics& metrics)
      : context_{config,
                 stack,
                 engine,
                 recorder,
                 std::move(on_event),
                 clock,
                 prompts,
                 std::make_shared<const domain::Directory>(config.directory)},
        calls_total_(metrics.counter("ringfort_calls_total", "Calls taken since the start.")),
        calls_looped_(metrics.counter("ringfort_calls_looped_total", "Calls refused as loops.")) {
    prepare_announcements(*context_.directory, prompts);
    prepare_hold_music(config.media, prompts);
    metrics.gauge("ringfort_calls_live", "Calls in progress.",
                  [this] { return static_cast<double>(live_.load()); });
  }

  void take(sip::IncomingCall incoming) {
    if (incoming.replaces) return take_over(std::move(incoming));
    const auto& directory = *context_.directory;
    const auto facts = facts_of(incoming, directory, context_.clock.now());
    if (is_loop(incoming, facts)) {
      calls_looped_.add();
      return refuse(std::move(incoming), {482, 25, "The call came back to where it began.", false});
    }
    auto decision = rules::route(facts, directory);
    auto record = first_record(facts, decision, directory, context_.clock.now());
    const std::string id = record.id;
    calls_total_.add();
    auto call = std::make_unique<Call>(context_, *this, std::move(incoming), std::move(record),
                                       std::move(decision), facts.emergency);
    by_session_[call->session()] = id;
    auto& kept = *(calls_[id] = std::move(call));
    live_.store(calls_.size());
    kept.start();
  }

  bool hang_up(const std::string& id, const std::string& who) {
    const auto found = calls_.find(id);
    if (found == calls_.end() || found->second->over()) return false;
    found->second->hang_up("Hung up by " + who + ".");
    return true;
  }

  Call* find_call(const std::string& id) {
    const auto found = calls_.find(id);
    return found == calls_.end() || found->second->over() ? nullptr : found->second.get();
  }

  void hang_up_all(const std::string& why) {
    for (auto& [id, call] : calls_) call->hang_up(why);
  }

  Call* of_session(media::SessionId session) {
    const auto id = by_session_.find(session);
    if (id == by_session_.end()) return nullptr;
    const auto call = calls_.find(id->second);
    return call == calls_.end() ? nullptr : call->second.get();
  }

  int other_calls(const std::string& trunk, const Call& asking) const override {
    return static_cast<int>(std::count_if(calls_.begin(), calls_.end(), [&](const auto& entry) {
      return entry.second.get() != &asking && entry.second->uses_trunk(trunk);
    }));
  }

  void attend(Call& call, sip::Leg& leg, const sip::DialogName& name) override {
    const auto side = call.side_of(leg);
    auto [other, their_side] = find(name);
    if (!side || other == nullptr) {  // not, or no longer, a call of this box
      leg.accept_refer();
      return leg.tell_refer(481);
    }
    // The second call must be the transferor's own, and not this one.
    if (other == &call || other->extension_at(their_side) != call.extension_at(*side)) {
      return leg.refuse_refer(603);
    }
    if (!other->talking()) {  // it still rings: then as without asking first
      const std::string target = other->dialled();
      if (their_side != Side::caller) return leg.refuse_refer(603);
      other->hang_up("The call was transferred before it was answered.");
      return call.transfer(leg, target);
    }
    // Whom the other call is transferred to may be ringing, and nobody talk there any more.
    if (other->transferring()) return leg.refuse_refer(491);
    if (!other->occupied(other_side(their_side))) return leg.refuse_refer(603);
    leg.accept_refer();
    leg.tell_refer(200);
    // The older call is the one that people came for: it goes on, with its recording.
    if (other->session() < call.session()) {
      other->join(their_side, call, *side);
    } else {
      call.join(*side, *other, their_side);
    }
  }

  void on_gone(const std::string& id) override {
    // Called from inside the call: it goes in the next turn of the loop.
    context_.stack.post([this, id] {
      const auto found = calls_.find(id);
      if (found == calls_.end()) return;
      by_session_.erase(found->second->session());
      calls_.erase(found);
      live_.store(calls_.size());
    });
  }

  Context context_;
  std::atomic<std::size_t> live_{0};

 private:
  struct Found {
    Call* call = nullptr;
    Side side = Side::caller;
  };
  Found find(const sip::DialogName& name) const {
    for (const auto& [id, call] : calls_) {
      if (const auto side = call->side_of(name)) return {call.get(), *side};
    }
    return {};
  }

  // INVITE with Replaces (RFC 3891 §3): only another phone of the same extension may.
  void take_over(sip::IncomingCall incoming) {
    const auto found = find(*incoming.replaces);
    if (found.call == nullptr) {
      return refuse(std::move(incoming), {481, 1, "There is no such call to take over.", false});
    }
    if (incoming.extension.empty() || found.call->extension_at(found.side) != incoming.extension) {
      return refuse(std::move(incoming), {603, 21, "That call is somebody else's.", false});
    }
    if (incoming.replaces->early_only && found.call->talking()) {
      return refuse(std::move(incoming), {486, 17, "The call was answered already.", false});
    }
    if (auto done = found.call->replace(found.side, incoming); !done) {
      refuse(std::move(incoming), {done.error().sip_status, 79, done.error().message, false});
    }
  }

  bool is_loop(const sip::IncomingCall& incoming, const rules::Facts& facts) const {
    const auto& path = incoming.call_path;
    if (path.size() > longest_path) return true;
    for (const auto& id : path) {
      if (calls_.contains(id)) return true;
    }
    if (incoming.trunk.empty()) return false;
    return std::count_if(calls_.begin(), calls_.end(), [&](const auto& entry) {
             return entry.second->unanswered_from(facts.from.raw, facts.dialled);
           }) >= most_same_attempts;
  }

  // No call begins: the leg is kept only until its dialog is over.
  void refuse(sip::IncomingCall incoming, const sip::LegEnd& why) {
    log::warn("call from {} to {} refused: {}", incoming.from.raw, incoming.dialled, why.reason);
    struct Refused final : sip::LegListener {
      void on_progress(sip::Leg&, int, std::optional<sip::SessionDescription>) override {}
      void on_answered(sip::Leg&, sip::SessionDescription) override {}
      void on_acknowledged(sip::Leg&, std::optional<sip::SessionDescription>) override {}
      void on_offer(sip::Leg& peer, std::optional<sip::SessionDescription>) override {
        peer.refuse_offer(481);
      }
      void on_offer_answered(sip::Leg&, util::Result<sip::SessionDescription>) override {}
      void on_ended(sip::Leg&, const sip::LegEnd&) override {
        auto* owner = impl;
        owner->context_.stack.post([owner, me = this] {
          std::erase_if(owner->refused_, [me](const auto& each) { return each.get() == me; });
        });
      }
      Impl* impl = nullptr;
      std::unique_ptr<sip::Leg> leg;
    };
    auto refused = std::make_unique<Refused>();
    refused->impl = this;
    refused->leg = std::move(incoming.leg);
    refused->leg->set_listener(refused.get());
    auto* leg = refused->leg.get();
    refused_.push_back(std::move(refused));
    leg->end(why);
  }

  std::map<std::string, std::unique_ptr<Call>> calls_;
  std::map<media::SessionId, std::string> by_session_;
  std::vector<std::unique_ptr<sip::LegListener>> refused_;
  util::Counter& calls_total_;
  util::Counter& calls_looped_;
};

Switchboard::Switchboard(const config::Config& config, sip::Stack& stack, media::Engine& engine,
                         recording::Recorder& recorder, media::PromptStore& prompts,
                         domain::EventSink on_event, const util::Clock& clock,
                         util::Metrics& metrics)
    : impl_(std::make_unique<Impl>(config, stack, engine, recorder, prompts, std::move(on_event),
                                   clock, metrics)) {}
Switchboard::~Switchboard() = default;

void Switchboard::set_directory(domain::DirectoryPtr directory) {
  prepare_announcements(*directory, impl_->context_.prompts);
  prepare_hold_music(impl_->context_.config.media, impl_->context_.prompts);
  impl_->context_.directory = std::move(directory);
}
void Switchboard::take(sip::IncomingCall incoming) {
  impl_->take(std::move(incoming));
}
bool Switchboard::hang_up(const std::string& call, const std::string& who) {
  return impl_->hang_up(call, who);
}
util::Result<std::unique_ptr<recording::LiveListener>> Switchboard::listen(const std::string& call,
                                                                           const std::string& who) {
  auto* found = impl_->find_call(call);
  if (found == nullptr) return util::fail("There is no such live call.", 481, 404);
  return found->listen(who);
}
void Switchboard::stop_listening(const std::string& call, media::RecordingNumber listener) {
  if (auto* found = impl_->find_call(call)) found->end_listening(listener);
}
util::Result<void> Switchboard::control_recording(const std::string& call, RecordingOrder order,
                                                  const std::string& who) {
  auto* found = impl_->find_call(call);
  if (found == nullptr) return util::fail("There is no such live call.", 481, 404);
  return found->control_recording(order, who);
}
void Switchboard::hang_up_all(const std::string& why) {
  impl_->hang_up_all(why);
}

void Switchboard::on_silence(media::SessionId session, media::StreamId stream) {
  if (auto* call = impl_->of_session(session)) call->on_silence(stream);
}
void Switchboard::on_digit(media::SessionId session, media::StreamId stream, char digit) {
  if (auto* call = impl_->of_session(session)) call->on_digit(stream, digit);
}
void Switchboard::on_played(media::SessionId session, media::StreamId stream, media::PlayId play) {
  if (auto* call = impl_->of_session(session)) call->on_played(stream, play);
}
void Switchboard::on_closed(media::SessionId session, media::StreamId stream,
                            const domain::LegQuality& quality) {
  if (auto* call = impl_->of_session(session)) call->on_stream_closed(stream, quality);
}
std::size_t Switchboard::live() const {
  return impl_->live_.load();
}

}  // namespace ringfort::calls
