#include "sip/bindings.h"

#include <algorithm>
#include <utility>

namespace ringfort::sip {
namespace {

constexpr std::size_t most_bindings = 16;

}  // namespace

Bindings::Bindings(const util::Clock& clock, domain::EventSink on_event)
    : clock_(clock), on_event_(std::move(on_event)) {}

void Bindings::restore(std::vector<domain::Binding> bindings) {
  for (auto& binding : bindings) {
    auto& list = by_extension_[binding.extension];
    if (binding.expires_at > clock_.now() && list.size() < most_bindings) {
      list.push_back(std::move(binding));
    }
  }
}

// The same phone: the same instance when it names one (RFC 5626), else the same contact.
Bindings::List::iterator Bindings::find(List& list, const domain::Binding& change) {
  return std::find_if(list.begin(), list.end(), [&](const domain::Binding& each) {
    if (!change.instance.empty() && each.instance == change.instance) return true;
    return each.contact == change.contact;
  });
}

Bindings::List::iterator Bindings::oldest(List& list) {
  return std::min_element(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.registered_at < b.registered_at;
  });
}

util::Result<void> Bindings::apply(const std::vector<domain::Binding>& changes) {
  if (changes.empty()) return {};
  const std::string& extension = changes.front().extension;
  List list = by_extension_[extension];
  sweep(list);
  const auto now = clock_.now();
  for (const auto& change : changes) {
    const auto known = find(list, change);
    const bool removal = change.expires_at <= now;
    if (known == list.end()) {
      if (removal) continue;
      // A phone that reconnects may leave stale contacts behind: the oldest makes room.
      if (list.size() >= most_bindings) list.erase(oldest(list));
      list.push_back(change);
      continue;
    }
    // RFC 3261 §10.3 step 7: an older request of the same Call-ID changes nothing. The very same
    // one again is a retransmission.
    if (known->call_id == change.call_id && known->cseq > change.cseq) {
      return util::fail("The request is older than the registration.", 500);
    }
    if (removal) {
      list.erase(known);
    } else {
      *known = change;
    }
  }
  by_extension_[extension] = std::move(list);
  publish(extension);
  return {};
}

util::Result<void> Bindings::remove_all(const std::string& extension, const std::string& call_id,
                                        std::uint32_t cseq) {
  const auto found = by_extension_.find(extension);
  if (found == by_extension_.end() || found->second.empty()) return {};
  const bool old = std::any_of(
      found->second.begin(), found->second.end(),
      [&](const domain::Binding& each) { return each.call_id == call_id && each.cseq > cseq; });
  if (old) return util::fail("The request is older than the registration.", 500);
  drop(extension);
  return {};
}

std::vector<domain::Binding> Bindings::of(const std::string& extension) {
  const auto found = by_extension_.find(extension);
  if (found == by_extension_.end()) return {};
  if (sweep(found->second)) publish(extension);
  return found->second;
}

bool Bindings::sweep(List& list) const {
  const auto now = clock_.now();
  return std::erase_if(
             list, [&](const domain::Binding& binding) { return binding.expires_at <= now; }) > 0;
}

void Bindings::sweep() {
  for (auto& [extension, list] : by_extension_) {
    if (sweep(list)) publish(extension);
  }
}

void Bindings::drop(const std::string& extension) {
  by_extension_[extension].clear();
  publish(extension);
  by_extension_.erase(extension);
}

void Bindings::publish(const std::string& extension) {
  on_event_(domain::RegistrationChanged{extension, by_extension_[extension]});
}

}  // namespace ringfort::sip
