// Ringing the targets of a decision: all phones of an extension at once, or trunks one after the
// other with failover. The first answer wins; the others are told that the call was answered
// elsewhere. Lives on the SIP thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "calls/call_record.h"
#include "calls/context.h"
#include "calls/out_leg.h"
#include "rules/route.h"

namespace ringfort::calls {

class DialListener {
 public:
  virtual ~DialListener() = default;
  // The first phone rings; `early` is set when the only callee sends early media, already agreed.
  virtual void on_dial_ringing(OutLeg* early) = 0;
  // Somebody answered; the media is agreed. The leg's later callbacks go to whom the listener
  // names by set_listener().
  virtual void on_dial_answered(std::unique_ptr<OutLeg> winner) = 0;
  // Nobody did.
  virtual void on_dial_failed(const sip::LegEnd& why) = 0;
  // Every leg but a winner is over and gone.
  virtual void on_dial_over() = 0;
};

// What stays the same for every leg that is tried.
struct DialPlan {
  rules::Target target;
  domain::Party caller;
  std::vector<std::string> codecs;     // for our offers, in order of preference
  std::vector<std::string> call_path;  // loop check
  int max_forwards = 70;
  bool emergency = false;
  std::string referred_by;  // extension that transferred the call; may be empty
};

class Dial final : public sip::LegListener {
 public:
  // `other_calls` counts the live calls of a trunk but for this one, for max_calls.
  Dial(const Context& context, DialPlan plan, media::SessionId session, CallRecord& record,
       DialListener& listener, std::function<int(const std::string&)> other_calls);
  ~Dial() override;

  void start();
  // Ends everything that rings, in whatever way each leg needs.
  void cancel(const sip::LegEnd& why);
  bool over() const { return legs_.empty(); }

  // sip::LegListener
  void on_progress(sip::Leg& leg, int status, std::optional<sip::SessionDescription> sdp) override;
  void on_answered(sip::Leg& leg, sip::SessionDescription sdp) override;
  void on_acknowledged(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer_answered(sip::Leg& leg, util::Result<sip::SessionDescription> sdp) override;
  void on_ended(sip::Leg& leg, const sip::LegEnd& end) override;

 private:
  void ring_nobody();
  void ring_extension(const rules::RingExtension& target);
  void try_next_trunk();
  void start_leg(sip::DialRequest request, const domain::Party& party, bool secure);
  void arm(std::chrono::milliseconds delay, int status, const std::string& reason);
  void finish(const sip::LegEnd& why);
  void abandon(OutLeg& out, const sip::LegEnd& why);
  void abandon_all(const sip::LegEnd& why);
  std::size_t active() const;
  void leg_failed(const OutLeg& gone, const sip::LegEnd& end);
  OutLeg* find(const sip::Leg& leg);
  bool retry_without_srtp(const OutLeg& out, const sip::LegEnd& end);
  bool fails_over(const OutLeg& out, const sip::LegEnd& end) const;
  void end_others(const sip::Leg& winner);

  const Context& context_;
  DialPlan plan_;
  media::SessionId session_;
  CallRecord& record_;
  DialListener& listener_;
  std::function<int(const std::string&)> other_calls_;
  std::vector<std::unique_ptr<OutLeg>> legs_;
  std::size_t next_trunk_ = 0;
  std::unique_ptr<sip::Timer> timer_;
  sip::LegEnd best_;   // the answer that is worth telling when all have failed
  bool done_ = false;  // answered, failed or cancelled: the listener has been told
};

}  // namespace ringfort::calls
