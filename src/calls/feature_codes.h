// Finds feature codes among the keys that people press during a call. Lives on the SIP thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "domain/directory.h"
#include "media/engine.h"
#include "util/clock.h"

namespace ringfort::calls {

enum class FeatureCode { record_pause, record_resume, record_start, record_stop };

class CodeReader {
 public:
  explicit CodeReader(const domain::FeatureCodes& codes) : codes_(codes) {}
  // A key of one person's phone; the code that it completes, if it does. Keys that lie more than
  // three seconds apart belong to no code.
  std::optional<FeatureCode> key(media::StreamId who, char key, util::Clock::Steady now);

 private:
  struct Typed {
    std::string keys;
    util::Clock::Steady last{};
  };
  const domain::FeatureCodes codes_;
  std::map<media::StreamId, Typed> typed_;
};

}  // namespace ringfort::calls
