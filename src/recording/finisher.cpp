#include "recording/finisher.h"

#include <utility>

#include "recording/audio_reader.h"
#include "recording/spool_opening.h"
#include "recording/vault.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::recording {
namespace {

constexpr int batches_at_once = 50;  // about ten seconds of a call
// More unreadable bytes than a torn last write can leave.
constexpr std::uint64_t torn_limit = 256 << 10;
// What a second leaves in a spool: batches of 150 ms with the empty first one, and bytes of both
// sides with room for the largest codec.
constexpr int young_batches = 8;
constexpr std::uint64_t young_bytes = 64 << 10;
constexpr std::uint64_t nearly_nothing = 1 << 20;  // of room
constexpr const char* young_reason = "Ringfort was stopped in the first second of the call.";
constexpr const char* lossy_reason = "Parts of it are lost: the disk was too slow.";
constexpr const char* refused_reason = "A party asked not to be recorded.";
constexpr const char* discarded = ".discarded";
constexpr std::string_view damaged = ".damaged";
constexpr std::string_view damaged_spool = ".spool.damaged";
constexpr const char* restart_reason = "The call was cut off by a restart of Ringfort.";
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

std::vector<std::unique_ptr<Job>> Finisher::find_left_behind() {
  std::vector<std::unique_ptr<Job>> out;
  for (const std::string& name : disk_.list(settings_.spool_dir)) {
    const std::string path = settings_.spool_dir + "/" + name;
    if (name.ends_with(".draft")) (void)disk_.remove(path);  // made anew from its spool
    if (name.ends_with(discarded)) discard_left_behind(path);
    if (name.ends_with(damaged_spool) &&
        keys_.was_destroyed(name.substr(0, name.size() - damaged_spool.size()))) {
      drop(path);  // the kill came before
    }
    if (!name.ends_with(".spool")) continue;
    auto reader = SpoolReader::open(disk_, path);
    if (!reader) {
      put_aside(path);
      alarm("A recording left behind by an earlier run cannot be read; it was kept as " + name +
                ".damaged.",
            "");
      continue;
    }
    auto job = std::make_unique<Job>();
    job->header = (*reader)->header();
    job->spool = path;
    job->draft = settings_.spool_dir + "/" + job->header.id + ".draft";
    job->written = (*reader)->size().value_or(0);
    job->drained = true;
    job->complete = true;
    // At once, so that a long queue is not taken for a loss.
    const bool sealed = settings_.is_stored && is_safe(job->header.id);
    if (!sealed && find_spool_keys(**reader, keys_, tenant_key_)) {
      on_event_(domain::RecordingChanged{describe(*job, domain::RecordingState::finishing)});
    }
    out.push_back(std::move(job));
  }
  return out;
}

Finisher::Progress Finisher::work(Job& job) {
  if (std::chrono::steady_clock::now() < job.retry_at) return Progress::waiting;
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

Finisher::Progress Finisher::begin_left_behind(Job& job) {
  if (settings_.is_stored && is_safe(job.header.id)) {  // only its spool was not removed
    done_.push_back({{}, job.header.id, job.spool});
    return Progress::sealed;
  }
  const auto spool = SpoolReader::open(disk_, job.spool);
  if (!spool) return in_trouble(job, spool.error());
  const auto ended = (*spool)->ended();
  const bool destroyed = !ended && keys_.was_destroyed(job.header.id);
  if (ended == SpoolEnd::refused || destroyed) return refuse_left_behind(job);
  if (ended == SpoolEnd::removed) return begin_overwritten(job);
  if (!job.key) {  // at the first try: meanwhile the tenant's key may have been renewed
    const auto found = find_spool_keys(**spool, keys_, tenant_key_);
    if (!found) return begin_unreadable(job);
    job.spool_key.key = found->spool;
    job.key = found->item;
    if (!job.key) {  // before anything is sealed with it; once, for another one would not be stored
      job.key = util::Key::random();
      keys_.put(job.header.id, wrap_key(tenant_key_, *job.key, job.header.id));
    }
  }
  if (const auto progress = resume_sealed(job)) return *progress;
  job.reason = restart_reason;
  on_event_(domain::RecordingChanged{describe(job, domain::RecordingState::finishing)});
  return Progress::more;
}

// A kill came before the key was stored and the spool, of a version before, has none. That a
// call's last second is lost is no news.
Finisher::Progress Finisher::begin_unreadable(Job& job) {
  if (!keys_.get(job.header.id) && is_young(job)) {
    log::info("recording {}: it was less than a second old when Ringfort was stopped",
              job.header.id);
    drop(job.spool);
    return over_at_once(job);
  }
  put_aside(job.spool);
  return lost(job, "The recording's key was not stored before Ringfort was stopped.");
}

// It was about to be removed: its audio is in the vault, or there was none. Its key goes only when
// it is certain that nothing is sealed with it.
Finisher::Progress Finisher::begin_overwritten(Job& job) {
  if (settings_.is_stored) {
    const auto stored = ask_store(job.header.id);
    if (!stored) return in_trouble(job, {"The store does not answer."});
    if (*stored) {
      done_.push_back({{}, job.header.id, job.spool});
      return Progress::sealed;
    }
  }
  if (const auto wrapped = keys_.get(job.header.id)) {
    job.key = unwrap_key(tenant_key_, *wrapped, job.header.id);
  }
  if (job.key) {
    if (const auto progress = resume_sealed(job)) return *progress;
  }
  const std::string file = settings_.vault_dir + "/" + vault_name(job);
  if (!disk_.is_absent(file)) {
    if (keys_.was_destroyed(job.header.id)) return refuse_left_behind(job);
    return in_trouble(job, {file + " cannot be opened with the recording's key"});
  }
  const bool young = is_young(job);
  drop_empty(job);
  return young ? over_at_once(job) : lost(job, restart_reason);
}

// A party's no was heard, and a kill came before the spool had its other name.
Finisher::Progress Finisher::refuse_left_behind(Job& job) {
  keys_.destroy(job.header.id);
  auto recording = describe(job, domain::RecordingState::never);
  recording.reason = refused_reason;
  on_event_(domain::RecordingChanged{std::move(recording)});
  return discard(job);
}

// Told by the number of its batches: no clock is trusted, and nothing can be opened.
bool Finisher::is_young(const Job& job) {
  if (job.written > young_bytes) return false;
  const auto spool = SpoolReader::open(disk_, job.spool);
  return spool && (*spool)->count_batches(job.written) <= young_batches;
}

// The crash came between moving the audio into the vault and removing the spool.
std::optional<Finisher::Progress> Finisher::resume_sealed(Job& job) {
  const std::string path = settings_.vault_dir + "/" + vault_name(job);
  auto file = open_vault_file(disk_, path, *job.key, job.header.id);
  if (!file) return std::nullopt;
  auto audio = AudioReader::open(**file);
  auto hash = hash_file(disk_, path);
  auto on_disk = disk_.open(path);
  if (!audio || !hash || !on_disk) return std::nullopt;
  Encoded encoded;
  encoded.rate = (*audio)->rate();
  encoded.length = domain::Millis((*audio)->frames() * 1000 / static_cast<unsigned>(encoded.rate));
  encoded.file = {(*on_disk)->size().value_or(0), *hash};
  auto spool = SpoolReader::open(disk_, job.spool);
  if (!spool) return std::nullopt;
  (*spool)->set_key(job.spool_key.key);
  for (auto batch = (*spool)->next(job.written); batch && *batch;
       batch = (*spool)->next(job.written)) {
    for_each_record(**batch, [&](const media::TapHead& head, std::span<const std::uint8_t>) {
      encoded.ended = encoded.ended || head.kind == media::TapKind::end;
      encoded.lossy = encoded.lossy || head.kind == loss_kind;
    });
  }
  job.reason = restart_reason;
  return report_sealed(job, encoded);
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
  const std::string marked = job.spool + discarded;
  if (!disk_.rename(job.spool, marked)) {
    drop(job.spool);  // there is none, or the disk fails
    return Progress::discarded;
  }
  if (auto synced = disk_.sync_folder(settings_.spool_dir); !synced) {
    log::warn("recording: {}", synced.error().message);
  }
  done_.push_back({std::chrono::steady_clock::now() - settings_.spool_kept, job.header.id, marked});
  return Progress::discarded;
}

void Finisher::discard_left_behind(const std::string& spool) {
  const auto reader = SpoolReader::open(disk_, spool);
  if (!reader) {
    drop(spool);
    return;
  }
  Job job;
  job.header = (*reader)->header();
  keys_.destroy(job.header.id);
  if (!settings_.is_stored || !is_safe(job.header.id)) {
    auto recording = describe(job, domain::RecordingState::never);
    recording.reason = refused_reason;
    on_event_(domain::RecordingChanged{std::move(recording)});
  }
  done_.push_back({std::chrono::steady_clock::now() - settings_.spool_kept, job.header.id, spool});
}

Finisher::Progress Finisher::report_sealed(Job& job, const Encoded& encoded) {
  auto recording = describe(job, domain::RecordingState::sealed);
  recording.cut = !encoded.ended;
  if (recording.cut) recording.reason = job.reason;
  if (encoded.lossy) recording.reason = and_then(std::move(recording.reason), lossy_reason);
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
