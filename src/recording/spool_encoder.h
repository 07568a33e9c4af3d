// One spool to one sealed audio file. Follows the spool while it grows; a spool that ended early
// is read in the very same way. Encoder thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audio/audio_writer.h"
#include "domain/time.h"
#include "recording/assembler.h"
#include "recording/sealed_file.h"
#include "recording/spool.h"
#include "util/result.h"

namespace ringfort::recording {

struct Encoded {
  domain::Millis length{0};
  int rate = 0;
  bool ended = false;  // the end mark was there
  Losses losses;
  SealedFacts file;
};

class SpoolEncoder {
 public:
  // `draft` is where the audio file grows; what lies there is replaced.
  static util::Result<std::unique_ptr<SpoolEncoder>> open(util::Disk& disk,
                                                          const std::string& spool,
                                                          const std::string& draft,
                                                          const util::Key& spool_key,
                                                          const util::Key& item_key);
  // Encodes at most `batches` of those that lie before byte `end` of the spool. True when there
  // may be more.
  util::Result<bool> follow(std::uint64_t end, int batches);
  // After the last batch: completes and syncs the audio file.
  util::Result<Encoded> finish();
  // How far the spool was read.
  std::uint64_t position() const { return reader_->position(); }

 private:
  SpoolEncoder(util::Disk& disk, std::string draft, const util::Key& item_key,
               std::unique_ptr<SpoolReader> reader);
  util::Result<void> take(std::string batch);
  util::Result<void> begin();
  util::Result<void> feed(const std::string& batch);

  util::Disk& disk_;
  const std::string draft_;
  const util::Key key_;
  std::unique_ptr<SpoolReader> reader_;
  // The first second waits here, until it shows whether any side speaks wideband.
  std::vector<std::string> waiting_;
  bool wideband_ = false;
  bool enough_ = false;
  Losses losses_;
  int rate_ = 8000;
  std::unique_ptr<SealedWriter> file_;
  std::unique_ptr<audio::AudioWriter> writer_;
  std::unique_ptr<Assembler> assembler_;
};

}  // namespace ringfort::recording
