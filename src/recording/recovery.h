// Spools that a crash left behind, finished without a running daemon (`ringfort recordings
// recover`). The caller holds the lock that keeps a daemon from doing the same.
#pragma once

#include <cstddef>

#include "recording/recorder.h"

namespace ringfort::recording {

struct RecoveryReport {
  bool searched = true;     // false: the folder could not be listed, so that nothing is known
  std::size_t sealed = 0;   // now in the vault
  std::size_t missing = 0;  // without audio, or without its key
  std::size_t waiting = 0;  // could not be written now; the spool stays
  std::size_t damaged = 0;  // unreadable, kept as *.damaged
};

// `on_event` should store what it gets before it returns. `progress` is told how many of how many
// are done.
RecoveryReport recover_spools(const RecorderSettings& settings, const TenantKeys& tenant_key,
                              KeyStore& keys, util::Disk& disk, const domain::EventSink& on_event,
                              const util::Clock& clock,
                              const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace ringfort::recording
