// What an earlier run left behind: each spool goes on where it was, whatever a kill cut off.
#include <utility>

#include "audio/audio_reader.h"
#include "recording/finisher.h"
#include "recording/spool_opening.h"
#include "recording/vault.h"
#include "util/log.h"

namespace ringfort::recording {
namespace {

// What a second leaves in a spool: batches of 200 ms with the empty first one, and bytes of both
// sides with room for the largest codec.
constexpr int young_batches = 6;
constexpr std::uint64_t young_bytes = 64 << 10;
constexpr const char* refused_reason = "A party asked not to be recorded.";
constexpr std::string_view damaged_spool = ".spool.damaged";

std::string item_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

}  // namespace

std::vector<std::unique_ptr<Job>> Finisher::find_left_behind() {
  std::vector<std::unique_ptr<Job>> out;
  const auto names = disk_.list_all(settings_.spool_dir);
  searched_ = names.has_value();
  if (!names) {
    alarm("What an earlier run left behind cannot be looked for: " + names.error().message, "");
    return out;
  }
  for (const std::string& name : *names) {
    const std::string path = settings_.spool_dir + "/" + name;
    if (name.ends_with(".draft")) (void)disk_.remove(path);  // made anew from its spool
    if (name.ends_with(discarded)) discard_left_behind(path, item_of(name));
    if (name.ends_with(damaged_spool) && keys_.was_destroyed(item_of(name))) {
      drop(path);  // the kill came before
    }
    if (!name.ends_with(".spool")) continue;
    if (auto job = take_left_behind(path)) out.push_back(std::move(job));
  }
  if (!unread_.empty()) {
    alarm("Recordings left behind by an earlier run cannot be read just now; they are tried again.",
          "");
  }
  return out;
}

std::vector<std::unique_ptr<Job>> Finisher::look_again() {
  std::vector<std::unique_ptr<Job>> out;
  const auto now = std::chrono::steady_clock::now();
  if (unread_.empty() || now < look_again_at_) return out;
  for (const std::string& path : std::exchange(unread_, {})) {
    if (auto job = take_left_behind(path)) out.push_back(std::move(job));
  }
  return out;
}

// Put aside only when it is certain that it is no spool: a disk may fail once.
std::unique_ptr<Job> Finisher::take_left_behind(const std::string& path) {
  const auto header = read_spool_header(disk_, path);
  if (header && !*header) {
    ++no_spools_;
    put_aside(path);
    alarm("A recording left behind by an earlier run cannot be read; it was kept as " +
              path.substr(path.rfind('/') + 1) + ".damaged.",
          "");
    return nullptr;
  }
  const auto reader = SpoolReader::open(disk_, path);
  const auto size = reader ? (*reader)->size() : tl::unexpected(reader.error());
  if (!size) {
    log::warn("recording: {}", size.error().message);
    unread_.push_back(path);
    look_again_at_ = std::chrono::steady_clock::now() + settings_.retry_after;
    return nullptr;
  }
  auto job = std::make_unique<Job>();
  job->header = (*reader)->header();
  job->spool = path;
  job->draft = settings_.spool_dir + "/" + job->header.id + ".draft";
  job->written = *size;
  job->drained = true;
  job->complete = true;
  // At once, so that a long queue is not taken for a loss.
  const bool sealed = settings_.is_stored && is_safe(job->header.id);
  if (!sealed && find_spool_keys(**reader, keys_, tenant_key_)) {
    on_event_(domain::RecordingChanged{describe(*job, domain::RecordingState::finishing)});
  }
  return job;
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
  return lost(job, keys_.get(job.header.id)
                       ? "The recording's key does not open."
                       : "The recording's key was not stored before Ringfort was stopped.");
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
  auto audio = audio::AudioReader::open(**file);
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
      encoded.losses.note(head.kind);
    });
  }
  job.reason = restart_reason;
  return report_sealed(job, encoded);
}

void Finisher::discard_left_behind(const std::string& spool, const std::string& item) {
  const auto reader = SpoolReader::open(disk_, spool);
  if (!reader) {
    keys_.destroy(item);
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

}  // namespace ringfort::recording
