#include "calls/transfer.h"

#include <utility>

namespace ringfort::calls {

Transfer::Transfer(Side seat, sip::Leg& transferor, std::string transferor_record,
                   TransferOwner& owner)
    : seat_(seat),
      transferor_(&transferor),
      transferor_record_(std::move(transferor_record)),
      owner_(owner) {}

void Transfer::start(const Context& context, DialPlan plan, media::SessionId session,
                     CallRecord& record, std::function<int(const std::string&)> other_calls) {
  dial_ = std::make_unique<Dial>(context, std::move(plan), session, record, *this,
                                 std::move(other_calls));
  dial_->start();
}

void Transfer::tell(int status) {
  if (transferor_ != nullptr) transferor_->tell_refer(status);
}

void Transfer::cancel(const sip::LegEnd& why) {
  if (done_) return;
  done_ = true;
  tell(487);
  if (dial_) dial_->cancel(why);
}

// The target's early media has no listener: who waits for it is still with the transferor.
void Transfer::on_dial_ringing(OutLeg*) {
  if (std::exchange(rung_, true)) return;
  tell(180);
  owner_.on_transfer_ringing();
}

void Transfer::on_dial_answered(std::unique_ptr<OutLeg> winner) {
  done_ = true;
  tell(200);
  owner_.on_transfer_answered(std::move(winner));
}

void Transfer::on_dial_failed(const sip::LegEnd& why) {
  done_ = true;
  tell(why.sip_status >= 300 ? why.sip_status : 480);
  owner_.on_transfer_failed(why);
  if (over()) owner_.on_transfer_over();
}

void Transfer::on_dial_over() {
  owner_.on_transfer_over();
}

}  // namespace ringfort::calls
