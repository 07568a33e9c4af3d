// Listening to a call while it runs: an Ogg Opus stream that ends with the call.
#include "recording/live_audio.h"

#include <algorithm>
#include <memory>

#include "http/handlers/handlers.h"
#include "store/accounts.h"

namespace ringfort::http {
namespace {

using namespace std::chrono_literals;

constexpr auto look_around = 1s;  // how soon a listener who went away is noticed
constexpr auto proof = 15s;       // how often it is looked whether they are still signed in

// One listener's stream; lives as long as the connection. On the thread that answers it.
class Listening {
 public:
  Listening(Site& site, std::string call, std::unique_ptr<recording::LiveListener> listener,
            std::string token)
      : site_(site),
        call_(std::move(call)),
        listener_(std::move(listener)),
        token_(std::move(token)),
        next_proof_(site.services.clock.steady() + proof) {}
  ~Listening() {
    const auto number = listener_->number();
    listener_.reset();
    site_.services.stop_listening(call_, number);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  bool step(httplib::DataSink& sink) {
    const auto bytes = listener_->next(look_around);
    if (!bytes) {
      sink.done();
      return true;
    }
    if (!sink.is_writable() || !allowed()) return false;
    return bytes->empty() || sink.write(bytes->data(), bytes->size());
  }

 private:
  bool allowed() {
    const auto now = site_.services.clock.steady();
    if (token_.empty() || now < next_proof_) return true;
    next_proof_ = now + proof;
    return store::find_session(site_.services.system.reader(), token_, site_.now()).has_value();
  }

  Site& site_;
  const std::string call_;
  std::unique_ptr<recording::LiveListener> listener_;
  const std::string token_;
  util::Clock::Steady next_proof_;
};

}  // namespace

void live_audio(Exchange& exchange) {
  auto& site = exchange.site;
  const auto live = site.services.live_calls();
  if (std::ranges::find(live, exchange.id, &domain::Call::id) == live.end()) {
    return exchange.refuse(404, "There is no such live call.");
  }
  const std::string who = exchange.who->user.name;
  site.audit(who, "call.listened_live", exchange.id);
  auto listener = site.services.listen_live(exchange.id, who);
  if (!listener) {
    return exchange.refuse(listener.error().http_status, listener.error().message);
  }
  if (exchange.request.get_header_value("Sec-Fetch-Dest") == "audio") (*listener)->pad();
  // Freed when the answer is over, whether it was sent or not.
  auto* held = std::make_unique<Listening>(site, exchange.id, std::move(*listener),
                                           session_token(exchange.request))
                   .release();
  exchange.response.set_header("X-Accel-Buffering", "no");
  exchange.response.set_header("Cache-Control", "no-store");
  exchange.response.set_chunked_content_provider(
      "audio/ogg", [held](std::size_t, httplib::DataSink& sink) { return held->step(sink); },
      [held](bool) { const std::unique_ptr<Listening> freed(held); });
}

}  // namespace ringfort::http
