// Brings one recording from its spool to the vault: the same for a call that runs, one that
// ended, and one that a crash cut off. Encoder thread, or the thread of an offline command.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/event.h"
#include "recording/job.h"
#include "recording/recorder.h"
#include "util/clock.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/metrics.h"

namespace ringfort::recording {

class Finisher {
 public:
  Finisher(RecorderSettings settings, const TenantKeys& tenant_key, KeyStore& keys,
           util::Disk& disk, domain::EventSink on_event, const util::Clock& clock);

  // A job for each spool that an earlier run left behind; what is no spool is put aside. Once.
  std::vector<std::unique_ptr<Job>> find_left_behind();
  // The same for those that the disk did not let us read then.
  std::vector<std::unique_ptr<Job>> look_again();
  bool searched() const { return searched_; }  // false: find_left_behind() could not look
  std::size_t unread() const { return unread_.size(); }
  std::size_t no_spools() const { return no_spools_; }  // put aside by find_left_behind()

  enum class Progress { waiting, more, sealed, missing, discarded };
  // Does a slice of work. `waiting`: nothing to do now; the last three: it is over.
  Progress work(Job& job);

  // Removes spools whose audio has been in the vault for long enough (`all`: every one) and whose
  // rows are stored; each one's key goes before it does. True when none is left.
  bool remove_spools(bool all);

  // A party said no when the recording was over already. Once for each job.
  void drop_put_aside(Job& job);

 private:
  static constexpr const char* discarded = ".discarded";  // behind the name of a refused spool
  static constexpr const char* restart_reason = "The call was cut off by a restart of Ringfort.";

  struct Done {
    std::chrono::steady_clock::time_point when;
    std::string item;
    std::string spool;
    bool is_empty = false;  // nothing of it is kept, and no row is waited for
  };
  bool is_safe(const std::string& item) const;
  std::optional<bool> ask_store(const std::string& item) const;
  void remove_together(std::vector<Done> over);
  bool disk_is_full();
  Progress slice(Job& job);
  std::optional<Progress> begin(Job& job);
  Progress begin_left_behind(Job& job);
  Progress begin_unreadable(Job& job);
  Progress begin_overwritten(Job& job);
  bool is_young(const Job& job);
  std::optional<Progress> resume_sealed(Job& job);
  Progress seal(Job& job);
  util::Result<void> move_to_vault(const Job& job);
  util::Result<void> make_folder(const std::string& folder);
  Progress report_sealed(Job& job, const Encoded& encoded);
  bool tell(Job& job, domain::Recording recording);
  Progress discard(Job& job);
  bool drop(const std::string& spool);
  void drop_empty(const Job& job);
  Progress refuse_left_behind(Job& job);
  void discard_left_behind(const std::string& spool, const std::string& item);
  std::unique_ptr<Job> take_left_behind(const std::string& path);
  Progress over_at_once(Job& job);
  Progress lost(Job& job, const std::string& reason);
  Progress in_trouble(Job& job, const util::Error& error);
  static bool is_old_trouble(const Job& job);
  void tell_trouble(Job& job) const;
  bool much_unread(Job& job);
  void put_aside(const std::string& spool);
  void alarm(const std::string& text, const std::string& call) const;
  std::string vault_name(const Job& job) const;  // below the vault: 2026/11/21/<id>

  const RecorderSettings settings_;
  const TenantKeys& tenant_key_;
  KeyStore& keys_;
  util::Disk& disk_;
  const domain::EventSink on_event_;
  const util::Clock& clock_;
  std::string made_folder_;
  std::vector<Done> done_;
  std::vector<std::string> unread_;  // paths
  bool searched_ = true;
  std::size_t no_spools_ = 0;
  std::chrono::steady_clock::time_point look_again_at_{};
};

}  // namespace ringfort::recording
