#include "recording/finisher.h"

#include <utility>

#include "audio/audio_reader.h"
#include "recording/spool_opening.h"
#include "recording/stored_format.h"
#include "recording/vault.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::recording {
namespace {

constexpr int batches_at_once = 50;  // about ten seconds of a call
// More unreadable bytes than a torn last write can leave.
constexpr std::uint64_t torn_limit = 256 << 10;
constexpr std::uint64_t nearly_nothing = 1 << 20;  // of room
constexpr const char* young_reason = "Ringfort was stopped in the first second of the call.";
constexpr std::string_view damaged = ".damaged";
// A call that is over is not to wait longer than this for its file without a word.
constexpr std::chrono::seconds quiet_trouble{30};

std::string and_then(std::string first, std::string_view second) {
  if (first.empty()) return std::string(second);
  if (!first.ends_with('.')) first += '.';
  return first.append(" ").append(second);
}

}  // namespace

Finisher::Finisher(RecorderSettings settings, const TenantKeys& tenant_key, KeyStore& keys,
                   util::Disk& disk, domain::EventSink on_event, const util::Clock& clock)
    : settings_(std::move(settings)),
      tenant_key_(tenant_key),
      keys_(keys),
      disk_(disk),
      on_event_(std::move(on_event)),
      clock_(clock) {}

std::string Finisher::vault_name(const Job& job) const {
  return util::date_path(job.header.started_at) + "/" + job.header.id;
}

void Finisher::alarm(const std::string& text, const std::string& call) const {
  log::error("recording: {}", text);
  on_event_(domain::AlarmRaised{"recording.missing", text, call, clock_.now()});
}

void Finisher::put_aside(const std::string& spool) {
  if (auto done = disk_.rename(spool, spool + std::string(damaged)); !done) {
    log::error("recording: {}", done.error().message);
  }
}

// Its key goes before it does. False: the disk does not, so the next start finds it again.
bool Finisher::drop(const std::string& spool) {
  auto gone = remove_spool(disk_, spool);
  if (!gone) log::warn("recording: {}", gone.error().message);
  return gone.has_value();
}

// What was put aside of a recording that a party does not want goes as well.
void Finisher::drop_put_aside(Job& job) {
  job.put_aside_dropped = true;
  const std::string spool = job.spool + std::string(damaged);
  if (drop(spool)) return;
  done_.push_back({std::chrono::steady_clock::now() - settings_.spool_kept, job.header.id, spool});
}

// Its key seals nothing and goes, but after the spool: a spool whose key was destroyed is taken
// for one that a party refused.
void Finisher::drop_empty(const Job& job) {
  if (drop(job.spool)) return keys_.destroy(job.header.id);
  done_.push_back({std::chrono::steady_clock::now(), job.header.id, job.spool, true});
}

Finisher::Progress Finisher::work(Job& job) {
  // A party's no does not wait.
  if (!job.discarded && std::chrono::steady_clock::now() < job.retry_at) return Progress::waiting;
  const Progress progress = slice(job);
  if (progress != Progress::waiting && progress != Progress::more) {
    job.encoder.reset();
  } else if (job.complete && !job.discarded && is_old_trouble(job)) {
    tell_trouble(job);
  }
  return progress;
}

Finisher::Progress Finisher::slice(Job& job) {
  const bool complete = job.complete;  // read before `written`: then that is final
  if (job.discarded) {
    job.encoder.reset();
    return complete ? discard(job) : Progress::waiting;
  }
  if (complete && !job.began) {  // the spool thread said why
    drop_empty(job);
    return Progress::missing;
  }
  if (!job.encoder) {
    if (job.written == 0 && !complete) return Progress::waiting;
    if (auto over = begin(job)) return *over;
  }
  auto more = job.encoder->follow(job.written, batches_at_once);
  if (!more) return in_trouble(job, more.error());
  if (*more) return Progress::more;
  if (complete) return seal(job);
  job.trouble_at = {};  // made up for
  return Progress::waiting;
}

std::optional<Finisher::Progress> Finisher::begin(Job& job) {
  if (job.number == 0) {
    const Progress progress = begin_left_behind(job);
    if (progress != Progress::more) return progress;
  }
  auto encoder = SpoolEncoder::open(disk_, job.spool, job.draft, job.spool_key.key, *job.key);
  if (!encoder) return in_trouble(job, encoder.error());
  job.encoder = std::move(*encoder);
  return std::nullopt;
}

Finisher::Progress Finisher::seal(Job& job) {
  auto encoded = job.encoder->finish();
  if (!encoded) return in_trouble(job, encoded.error());
  if (!encoded->ended && encoded->length.count() == 0) {
    (void)disk_.remove(job.draft);
    if (much_unread(job)) {
      put_aside(job.spool);
      return lost(job, "its spool is damaged, and was kept");
    }
    const bool young = job.number == 0 && is_young(job);
    drop_empty(job);
    if (young) return over_at_once(job);
    return lost(job, job.number == 0 ? restart_reason : job.reason);
  }
  if (auto moved = move_to_vault(job); !moved) return in_trouble(job, moved.error());
  if (much_unread(job)) {
    put_aside(job.spool);
    job.reason = "a part of its spool is damaged";
    encoded->ended = false;
    alarm("A recording is not complete: " + job.reason + "; the spool was kept.", job.header.call);
  }
  return report_sealed(job, *encoded);
}

bool Finisher::much_unread(Job& job) {
  return job.written > job.encoder->position() + torn_limit;
}

util::Result<void> Finisher::move_to_vault(const Job& job) {
  const std::string folder = settings_.vault_dir + "/" + util::date_path(job.header.started_at);
  if (auto made = make_folder(folder); !made) return made;
  return disk_.rename(job.draft, settings_.vault_dir + "/" + vault_name(job));
}

// Creating a file makes the folders above it; the new folders are then synced with the rest.
util::Result<void> Finisher::make_folder(const std::string& folder) {
  if (folder == made_folder_) return {};
  const std::string probe = folder + "/.new";
  if (auto gone = disk_.remove(probe); !gone) {
    log::debug("recording: {}", gone.error().message);  // no such folder yet
  }
  if (auto made = disk_.create(probe); !made) return tl::unexpected(made.error());
  if (auto gone = disk_.remove(probe); !gone) return gone;
  if (auto synced = disk_.sync_all(settings_.vault_dir); !synced) return synced;
  made_folder_ = folder;
  return {};
}

// Under the lock: whoever discards the recording is heard after this, never before.
bool Finisher::tell(Job& job, domain::Recording recording) {
  const std::lock_guard lock(job.mutex);
  if (job.discarded) return false;
  on_event_(domain::RecordingChanged{std::move(recording)});
  return true;
}

// A kill may come before the store has taken it: until then the spool's name says that nothing of
// it is to be kept.
Finisher::Progress Finisher::discard(Job& job) {
  job.encoder.reset();
  (void)disk_.remove(job.draft);
  drop_put_aside(job);
  if (auto done = overwrite_spool_key(disk_, job.spool, SpoolEnd::refused); !done) {
    log::warn("recording: {}", done.error().message);
  }
  std::string left = job.spool + discarded;
  if (!disk_.rename(job.spool, left)) {  // there is none, or the disk fails
    if (disk_.is_absent(left)) left = job.spool;
    if (left == job.spool && drop(left)) return Progress::discarded;
  }
  if (auto synced = disk_.sync_folder(settings_.spool_dir); !synced) {
    log::warn("recording: {}", synced.error().message);
  }
  done_.push_back({std::chrono::steady_clock::now() - settings_.spool_kept, job.header.id, left});
  return Progress::discarded;
}

Finisher::Progress Finisher::report_sealed(Job& job, const Encoded& encoded) {
  auto recording = describe(job, domain::RecordingState::sealed);
  recording.cut = !encoded.ended;
  if (recording.cut) recording.reason = job.reason;
  if (const auto lost = encoded.losses.text(); !lost.empty()) {
    recording.reason = and_then(std::move(recording.reason), lost);
  }
  recording.sealed_at = clock_.now();
  recording.length = encoded.length;
  recording.format = format_name(job.header.format);
  recording.sample_rate = encoded.rate;
  recording.bytes = encoded.file.bytes;
  recording.hash = encoded.file.hash;
  recording.path = vault_name(job);
  if (!tell(job, std::move(recording))) {
    (void)disk_.remove(settings_.vault_dir + "/" + vault_name(job));
    return discard(job);
  }
  done_.push_back({std::chrono::steady_clock::now(), job.header.id, job.spool});
  return Progress::sealed;
}

// A call of some milliseconds: the kill came before its first sound. No news.
Finisher::Progress Finisher::over_at_once(Job& job) {
  auto recording = describe(job, domain::RecordingState::missing);
  recording.reason = young_reason;
  recording.cut = true;
  return tell(job, std::move(recording)) ? Progress::missing : discard(job);
}

Finisher::Progress Finisher::lost(Job& job, const std::string& reason) {
  auto recording = describe(job, domain::RecordingState::missing);
  recording.reason = reason;
  recording.cut = true;
  if (!tell(job, std::move(recording))) return discard(job);
  alarm("A call's recording is missing: " + reason, job.header.call);
  return Progress::missing;
}

// The spool has everything: begin again later, from its start. That may take long, so a second
// failure is told however late it comes.
Finisher::Progress Finisher::in_trouble(Job& job, const util::Error& error) {
  log::error("recording {}: {}", job.header.id, error.message);
  job.encoder.reset();
  (void)disk_.remove(job.draft);
  const auto now = std::chrono::steady_clock::now();
  if (job.trouble_at == std::chrono::steady_clock::time_point{}) job.trouble_at = now;
  const bool again = std::exchange(job.failed_before, true);
  job.retry_at = now + (again ? settings_.retry_after : settings_.first_retry);
  if (again) tell_trouble(job);
  return Progress::waiting;
}

bool Finisher::is_old_trouble(const Job& job) {
  return job.trouble_at != std::chrono::steady_clock::time_point{} &&
         std::chrono::steady_clock::now() - job.trouble_at > quiet_trouble;
}

void Finisher::tell_trouble(Job& job) const {
  if (std::exchange(job.trouble_told, true)) return;
  alarm("A recording waits in the spool, because its file cannot be written or read.",
        job.header.call);
}

bool Finisher::remove_spools(bool all) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Done> over;
  std::erase_if(done_, [&](Done& done) {
    if (!all && now - done.when < settings_.spool_kept) return false;
    done.when = now;
    if (!done.is_empty && !is_safe(done.item)) return false;
    over.push_back(std::move(done));
    return true;
  });
  if (!over.empty()) remove_together(std::move(over));
  return done_.empty();
}

// Their keys first; one sync is enough for all of them. What the disk refuses is tried again, also
// at the next start, and keeps no other one from going.
void Finisher::remove_together(std::vector<Done> over) {
  const auto stays = [this](Done& done, const util::Result<void>& result) {
    if (result) return false;
    log::warn("recording: {}", result.error().message);
    done_.push_back(std::move(done));
    return true;
  };
  std::erase_if(over, [&](Done& done) {
    auto gone = overwrite_spool_key(disk_, done.spool, SpoolEnd::removed);
    // A file system that writes every change to a new place needs room for that, and keeps the old
    // bytes anyway; to remove the file makes room.
    if (!gone && disk_is_full()) gone = {};
    return stays(done, gone);
  });
  const auto synced = over.empty() ? util::Result<void>() : disk_.sync_all(settings_.spool_dir);
  for (auto& done : over) {
    const auto gone = synced ? disk_.remove(done.spool) : synced;
    if (!stays(done, gone) && done.is_empty) keys_.destroy(done.item);
  }
}

bool Finisher::disk_is_full() {
  const auto free = disk_.free_bytes(settings_.spool_dir);
  return free && *free < nearly_nothing;
}

// A store that cannot write keeps its rows in memory: a kill would forget what is in the vault.
bool Finisher::is_safe(const std::string& item) const {
  return ask_store(item).value_or(false);
}

// Nothing: it does not answer.
std::optional<bool> Finisher::ask_store(const std::string& item) const {
  if (!settings_.is_stored) return true;
  try {
    return settings_.is_stored(item);
  } catch (const std::exception& e) {
    log::warn("recording: the store does not answer: {}", e.what());
    return std::nullopt;
  }
}

}  // namespace ringfort::recording
