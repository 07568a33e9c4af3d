// A switchboard with everything it needs, and what it says of its calls.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "box.h"
#include "calls/switchboard.h"

namespace ringfort::test {

using Trace = std::shared_ptr<LegTrace>;

inline sip::SessionDescription sdp(int port) {
  sip::LocalMedia local;
  local.address = "127.0.0.1";
  local.port = static_cast<std::uint16_t>(port);
  local.codecs = {"pcmu"};
  return sip::make_offer(local);
}

// A call that comes in, without its leg and its offer.
inline sip::IncomingCall call_by_extension(const std::string& extension,
                                           const std::string& number) {
  sip::IncomingCall call;
  call.extension = extension;
  call.dialled = number;
  return call;
}
inline sip::IncomingCall call_by_carrier(const std::string& number) {
  sip::IncomingCall call;
  call.trunk = "carrier";
  call.from.number = call.from.raw = "+4930987654";
  call.dialled = number;
  return call;
}

struct Exchange : Box {
  using Box::Box;

  // Once `config` is as it is to be.
  void open() {
    start([](domain::Event) {});
    board.emplace(
        config, stack, *engine, *recorder, prompts, [this](domain::Event e) { keep(e); }, clock,
        metrics);
  }
  void keep(const domain::Event& event) {
    if (const auto* change = std::get_if<domain::CallChanged>(&event)) {
      last = change->call;
      records[last.id] = last;
    }
  }
  // A call comes in; its leg.
  Trace take(sip::IncomingCall call, const std::string& call_id = "fake") {
    auto trace = std::make_shared<LegTrace>();
    trace->call_id = call_id;
    call.leg = std::make_unique<FakeLeg>(trace);
    call.offer = sdp(40000);
    board->take(std::move(call));
    return trace;
  }

  std::map<domain::CallId, domain::Call> records;
  domain::Call last;  // the newest of them
  std::optional<calls::Switchboard> board;
};

}  // namespace ringfort::test
