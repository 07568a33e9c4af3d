// A blind transfer on its way: rings whom the call is to go to, while the call goes on, and tells
// the transferor how it goes for as long as they are there. Lives on the SIP thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "calls/dial.h"
#include "calls/seat.h"

namespace ringfort::calls {

class TransferOwner {
 public:
  virtual ~TransferOwner() = default;
  // The target's phone rings.
  virtual void on_transfer_ringing() = 0;
  // The target answered; its media is agreed.
  virtual void on_transfer_answered(std::unique_ptr<OutLeg> winner) = 0;
  virtual void on_transfer_failed(const sip::LegEnd& why) = 0;
  // Nothing of it is left.
  virtual void on_transfer_over() = 0;
};

class Transfer final : public DialListener {
 public:
  // `seat` is where the transferor sits and the target will; `transferor` hears how it goes.
  Transfer(Side seat, sip::Leg& transferor, std::string transferor_record, TransferOwner& owner);

  void start(const Context& context, DialPlan plan, media::SessionId session, CallRecord& record,
             std::function<int(const std::string&)> other_calls);
  void cancel(const sip::LegEnd& why);
  // The transfer goes on without the transferor, should this leg be theirs.
  void left(const sip::Leg& leg) {
    if (transferor_ == &leg) transferor_ = nullptr;
  }

  Side seat() const { return seat_; }
  // The transferor's leg in the call's record.
  const std::string& transferor_record() const { return transferor_record_; }
  bool rings() const { return rung_ && !done_; }
  bool done() const { return done_; }
  bool over() const { return done_ && (!dial_ || dial_->over()); }

  // DialListener
  void on_dial_ringing(OutLeg* early) override;
  void on_dial_answered(std::unique_ptr<OutLeg> winner) override;
  void on_dial_failed(const sip::LegEnd& why) override;
  void on_dial_over() override;

 private:
  void tell(int status);

  const Side seat_;
  sip::Leg* transferor_;  // null when gone
  const std::string transferor_record_;
  TransferOwner& owner_;
  std::unique_ptr<Dial> dial_;
  bool rung_ = false, done_ = false;
};

}  // namespace ringfort::calls
