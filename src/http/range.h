// Which bytes a Range header asks for (RFC 9110 §14). Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringfort::http {

struct RangeAnswer {
  enum class Kind {
    whole,   // no range, or one that is to be ignored: 200
    part,    // `first` to `first + length - 1`: 206
    beyond,  // nothing of the file lies in it: 416
  };
  Kind kind = Kind::whole;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// `header`: the Range field's value, empty when there was none. One range of bytes is served;
// several at once, other units and rubbish are ignored, as §14.2 allows.
RangeAnswer choose_range(std::string_view header, std::uint64_t size);

}  // namespace ringfort::http
