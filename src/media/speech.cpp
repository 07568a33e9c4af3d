#include "media/speech.h"

#include <memory>
#include <stdexcept>

extern "C" {
#include <flite/flite.h>
cst_voice* register_cmu_us_slt(const char* voxdir);
}

namespace ringfort::media {

// Never another rate by cst_wave_resample(): it copies memory onto itself.
std::vector<std::int16_t> speak(const std::string& text) {
  flite_init();
  cst_voice* voice = register_cmu_us_slt(nullptr);
  if (voice == nullptr) throw std::runtime_error("flite has no voice");
  const std::unique_ptr<cst_wave, void (*)(cst_wave*)> wave(flite_text_to_wave(text.c_str(), voice),
                                                            delete_wave);
  if (!wave) throw std::runtime_error("flite could not speak");
  if (wave->sample_rate != speech_rate) throw std::runtime_error("flite speaks at another rate");
  return {wave->samples, wave->samples + wave->num_samples};
}

}  // namespace ringfort::media
