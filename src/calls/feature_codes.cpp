#include "calls/feature_codes.h"

#include <array>
#include <chrono>
#include <utility>

namespace ringfort::calls {
namespace {

constexpr auto between_keys = std::chrono::seconds(3);

}  // namespace

std::optional<FeatureCode> CodeReader::key(media::StreamId who, char key, util::Clock::Steady now) {
  const std::array<std::pair<const std::string&, FeatureCode>, 4> all{
      {{codes_.record_pause, FeatureCode::record_pause},
       {codes_.record_resume, FeatureCode::record_resume},
       {codes_.record_start, FeatureCode::record_start},
       {codes_.record_stop, FeatureCode::record_stop}}};
  auto& [keys, last] = typed_[who];
  if (now - last > between_keys) keys.clear();
  last = now;
  keys += key;
  // What was typed before may end in the beginning of a code: "**1" holds "*1".
  for (; !keys.empty(); keys.erase(0, 1)) {
    bool begun = false;
    for (const auto& [code, meaning] : all) {
      if (code.empty()) continue;
      if (keys == code) {
        keys.clear();
        return meaning;
      }
      begun = begun || code.starts_with(keys);
    }
    if (begun) break;
  }
  return std::nullopt;
}

}  // namespace ringfort::calls
