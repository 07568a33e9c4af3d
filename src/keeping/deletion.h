// Deletes recordings so that a crash at any point leaves nothing half done and nothing untrue:
//
//   audit ─▶ decision stored ─▶ key destroyed ─▶ file removed ─▶ row "gone" + signed receipt
//
// Once the key is destroyed the audio is unreadable, in every copy of the file. What was
// interrupted is finished by finish_open(). Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/evidence.h"
#include "domain/recording.h"
#include "store/database.h"
#include "store/deletions.h"
#include "util/disk.h"
#include "util/result.h"
#include "util/signing.h"

namespace ringfort::keeping {

class Deleter {
 public:
  // Every reference must outlive it.
  Deleter(store::Database& tenant, store::Database& keys, store::Database& system, util::Disk& disk,
          std::string vault_dir, std::string spool_dir, const util::SigningKey& signer);
  Deleter(const Deleter&) = delete;
  Deleter& operator=(const Deleter&) = delete;

  // Whether there is audio of it, or a key that could open some: what was sealed, and what a
  // damaged spool still holds. Not while it is being worked on.
  bool has_audio(const domain::Recording& recording);
  // Spools that were kept since they are damaged, and whose time is over.
  std::size_t expire_spools(domain::Time now);
  // Recordings whose time is over; how many are gone. One whose file cannot be removed waits.
  std::size_t expire(const std::vector<domain::Recording>& recordings, domain::Time now);
  // A person's wish. Refused with 409 under a legal hold, with 404 when there is no audio. The
  // receipt is the answer.
  util::Result<domain::EvidenceEntry> erase(const domain::Recording& recording,
                                            const std::string& who, const std::string& reason,
                                            domain::Time now);
  // What a crash interrupted; how many are gone now.
  std::size_t finish_open(domain::Time now);

 private:
  void decide(std::vector<store::Deletion>& deletions, domain::Time now);
  void audit(const std::vector<store::Deletion>& deletions, domain::Time now);
  void destroy_keys(const std::vector<store::Deletion>& deletions);
  util::Result<void> remove_file(const std::string& path);
  util::Result<void> remove_files(const std::string& item,
                                  const std::optional<domain::Recording>& row);
  // Nothing when neither its row nor a spool tells.
  std::optional<std::string> call_of(SQLite::Database& tenant, const std::string& item);
  // Nothing when another thread was quicker or the file cannot be removed yet.
  util::Result<domain::EvidenceEntry> finish(const store::Deletion& deletion, domain::Time now);
  std::size_t carry_out(std::vector<store::Deletion> deletions, domain::Time now);

  store::Database& tenant_;
  store::Database& keys_;
  store::Database& system_;
  util::Disk& disk_;
  const std::string vault_dir_;
  const std::string spool_dir_;
  const util::SigningKey& signer_;
};

}  // namespace ringfort::keeping
