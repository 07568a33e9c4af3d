// Which phones are registered for which extension (RFC 3261 §10.3): values and rules, no SIP
// messages. Expired bindings go by themselves at the next look. SIP thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "domain/event.h"
#include "util/clock.h"
#include "util/result.h"

namespace ringfort::sip {

class Bindings {
 public:
  // Says RegistrationChanged whenever the bindings of an extension became others.
  Bindings(const util::Clock& clock, domain::EventSink on_event);
  void restore(std::vector<domain::Binding> bindings);

  // Adds or renews; expires_at <= now removes. Fails with 500 when the request is older than
  // what is known of that Call-ID. Of more than 16 phones the one heard of longest ago goes.
  util::Result<void> apply(const std::vector<domain::Binding>& changes);
  // "*": everything of an extension, under the same rule of age.
  util::Result<void> remove_all(const std::string& extension, const std::string& call_id,
                                std::uint32_t cseq);
  std::vector<domain::Binding> of(const std::string& extension);
  // Drops what is over; to be called now and then.
  void sweep();
  // Extensions that are gone from the directory lose their phones.
  template <class Known>
  void keep_only(Known&& known) {
    std::vector<std::string> gone;
    for (const auto& [extension, bindings] : by_extension_) {
      if (!known(extension)) gone.push_back(extension);
    }
    for (const auto& extension : gone) drop(extension);
  }

 private:
  using List = std::vector<domain::Binding>;
  static List::iterator find(List& list, const domain::Binding& change);
  static List::iterator oldest(List& list);
  void drop(const std::string& extension);
  void publish(const std::string& extension);
  bool sweep(List& list) const;

  const util::Clock& clock_;
  domain::EventSink on_event_;
  std::unordered_map<std::string, List> by_extension_;
};

}  // namespace ringfort::sip
