// The recording of one call: decides when the call is answered, has it announced, taps the
// streams, pauses and stops when somebody asks, marks holds, ends it. A call has one recording:
// what is not recorded in between, because nobody asked, somebody stopped it or nobody may while a
// certain person is there, is silence in it. Lives on the SIP thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "calls/announcement.h"
#include "calls/call_record.h"
#include "calls/context.h"
#include "calls/feature_codes.h"
#include "calls/recording_order.h"
#include "media/engine.h"
#include "rules/recording.h"

namespace ringfort::calls {

class RecordingControl {
 public:
  // `context` and `record` must outlive it.
  RecordingControl(const Context& context, CallRecord& record, media::SessionId session,
                   bool emergency);

  // The call was answered. Decides again now that it is known who answered and by which trunk;
  // `inbound_number` is the [[number]] that led there, or empty.
  void begin(const std::string& inbound_number, media::StreamId caller, media::StreamId callee);
  struct Seated {
    domain::Party party;
    bool dialled = false;  // we called them
  };
  struct Present {
    Seated caller, callee;
    bool emergency = false;  // one of them is an emergency service
  };
  // Nobody sits on that side until reseat().
  void vacate(std::uint8_t channel);
  // Somebody else sits on one side now: `here` is their stream and `channel` theirs from now on.
  // Decides again, for as long as these two talk: "never" halts what runs, and whoever is to be
  // recorded begins it or lets it go on.
  void reseat(const std::string& inbound_number, const Present& now, std::uint8_t channel,
              media::StreamId here, media::StreamId there);
  // Somebody of this call said that they are not to be recorded.
  bool opted_out() const { return opted_out_; }
  // Such a person joins from another call: from here on nothing is recorded.
  void forbid(const std::string& why);

  // One side holds the call, or takes it back.
  void mark_hold(media::StreamId stream, bool held);
  // A key was pressed on `leg`: a feature code, or a "no" to the announcement.
  void on_key(media::StreamId stream, const domain::Leg& leg, char key);
  void on_played(media::StreamId stream, media::PlayId play);
  // Asked for by `who` at a page or by a program.
  util::Result<void> order(RecordingOrder order, const std::string& who);
  // The call is over, or may not be recorded any further. May be called again.
  void end(const std::string& why = {});

 private:
  // Who did something: a leg by key, or a user by name.
  struct Actor {
    std::string leg, name;
  };
  using State = domain::RecordingNow::State;

  rules::RecordingPlan decide(const std::string& inbound_number, const Present& who) const;
  void take_over(rules::RecordingPlan plan);
  void keep_out(const std::string& why);
  void announce_and_start(const Actor& who);
  void announced(const util::Result<void>& heard, const Actor& who);
  void start(const Actor& who);
  void cannot_announce(const std::string& why);
  void tell_unannounced();
  void end_stretch(const Actor& who);
  util::Result<void> obey(RecordingOrder order, const Actor& who);
  util::Result<void> record(const Actor& who);
  util::Result<void> pause(const Actor& who);
  util::Result<void> stop(const Actor& who);
  void opt_out(const domain::Leg& leg);
  bool may_opt_out(const domain::Leg& leg) const;
  void set(State state, const std::string& reason);
  State state() const { return record_.call().recording_now.state; }

  const Context& context_;
  CallRecord& record_;
  media::SessionId session_;
  const bool emergency_;
  rules::RecordingPlan plan_;
  Announcer announcer_;
  CodeReader codes_;
  std::array<media::StreamId, 2> streams_{};  // 0: nobody there
  std::set<media::StreamId> held_;            // their side holds the call
  media::RecordingNumber recording_ = 0;      // 0: none was begun, or it has ended
  std::string recording_id_;
  bool answered_ = false;
  bool announced_ = false;   // they have heard it
  bool masked_ = false;      // somebody's keys are kept out, from then on
  bool in_stretch_ = false;  // begun or paused: an event will say that it ended
  std::string unannounced_;  // why what was due could not begin
  bool ended_ = false;
  bool opted_out_ = false;
  std::unique_ptr<sip::Timer> resume_timer_;
  std::unique_ptr<sip::Timer> opt_out_timer_;  // runs while "no" still counts
};

}  // namespace ringfort::calls
