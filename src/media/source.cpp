#include "media/source.h"

#include <algorithm>
#include <utility>

namespace ringfort::media {
namespace {

constexpr int wide_rate = 16000;

// One that ends and one that does not. The place is counted at 16 kHz, so that it stays when the
// leg's codec changes.
class PromptSource final : public Source {
 public:
  PromptSource(PromptPtr prompt, bool endless)
      : prompt_(std::move(prompt)),
        endless_(endless),
        length_(prompt_->is_narrow() ? 2 * prompt_->narrow.size() : prompt_->wide.size()) {}

  int rate(int most) const override { return prompt_->is_narrow() ? 8000 : most; }

  void read(int rate, std::span<std::int16_t> frame) override {
    const std::size_t step = rate == wide_rate ? 1 : 2;
    const auto& samples = rate == wide_rate ? prompt_->wide : prompt_->narrow;
    for (auto& sample : frame) {
      const std::size_t at = at_ / step;
      sample = at < samples.size() ? samples[at] : std::int16_t{0};
      at_ += step;
      if (endless_ && at_ >= length_) at_ -= length_;
    }
  }

  bool over() const override { return at_ >= length_; }

 private:
  const PromptPtr prompt_;
  const bool endless_;
  const std::size_t length_;
  std::size_t at_ = 0;
};

}  // namespace

SourcePtr once(PromptPtr prompt) {
  return prompt ? std::make_unique<PromptSource>(std::move(prompt), false) : nullptr;
}

SourcePtr loop(PromptPtr prompt) {
  if (!prompt || prompt->narrow.empty()) return nullptr;
  return std::make_unique<PromptSource>(std::move(prompt), true);
}

}  // namespace ringfort::media
