// Result<T>: an ordinary answer that may be a failure. A failure carries its own consequence, so
// that nobody has to guess a SIP or HTTP status from a text. Broken promises (disk gone at start,
// out of memory) are exceptions instead.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace ringfort::util {

struct Error {
  std::string message;    // plain sentence, safe to show; never holds a secret
  int sip_status = 500;   // what a SIP peer is told
  int http_status = 500;  // what an API client is told
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message, int sip_status = 500,
                                  int http_status = 500) {
  return tl::unexpected<Error>(Error{std::move(message), sip_status, http_status});
}

}  // namespace ringfort::util
