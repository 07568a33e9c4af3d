#include "calls/announcement.h"

#include <chrono>
#include <utility>

namespace ringfort::calls {
namespace {

using namespace std::chrono_literals;

// Prompts are made ahead of the first call; one that is not ready yet is waited for this long.
constexpr auto look_again = 50ms;
constexpr int most_tries = 60;
// A dead leg never hears the end of it: then it is given up.
constexpr auto overtime = 5s;

}  // namespace

void prepare_announcements(const domain::Directory& directory, media::PromptStore& prompts) {
  const auto& general = directory.recording_rules.announce;
  const auto prepare = [&](const std::string& source, const std::string& language) {
    if (!source.empty()) prompts.prepare(source, language);
  };
  prepare(general.source, general.language);
  for (const auto& number : directory.numbers) {
    if (!number.announce && number.announce_language.empty()) continue;
    prepare(number.announce.value_or(general.source),
            number.announce_language.empty() ? general.language : number.announce_language);
  }
}

void Announcer::play(const domain::Announcement& what, const std::vector<media::StreamId>& to,
                     Done done) {
  stop();
  what_ = what;
  for (const auto stream : to) waiting_[stream] = 0;
  done_ = std::move(done);
  tries_ = 0;
  begin();
}

void Announcer::begin() {
  prompt_ = context_.prompts.find(what_.source, what_.language);
  if (prompt_) {
    for (auto& [stream, play] : waiting_) play = start_on(stream);
    return guard();
  }
  const std::string trouble = context_.prompts.trouble(what_.source, what_.language);
  if (!trouble.empty()) return finish(util::fail(trouble));
  if (++tries_ >= most_tries) return finish(util::fail("It was not ready in time."));
  timer_ = context_.stack.after(look_again, [this] { begin(); });
}

void Announcer::guard() {
  timer_.reset();
  if (held_ || waiting_.contains(0)) return;
  timer_ = context_.stack.after(prompt_->length() + overtime,
                                [this] { finish(util::fail("Not everybody could hear it.")); });
}

media::PlayId Announcer::start_on(media::StreamId stream) {
  if (stream == 0) return 0;
  if (++play_ == 0) ++play_;
  context_.engine.play(stream, prompt_, play_);
  return play_;
}

void Announcer::replace(media::StreamId gone, media::StreamId here) {
  if (!done_) return;
  waiting_.erase(gone);
  waiting_[here] = 0;
  if (!prompt_) return;  // it begins for all when it is ready
  waiting_[here] = start_on(here);
  guard();
}

void Announcer::suspend(bool held) {
  if (std::exchange(held_, held) != held && prompt_) guard();
}

void Announcer::stop() {
  timer_.reset();
  done_ = nullptr;
  if (std::exchange(prompt_, nullptr)) {
    for (const auto& each : waiting_) {
      if (each.first != 0) context_.engine.stop_playing(each.first);
    }
  }
  waiting_.clear();
}

// The end of one that was stopped meanwhile may still be on its way.
void Announcer::on_played(media::StreamId stream, media::PlayId play) {
  const auto found = waiting_.find(stream);
  if (!done_ || !prompt_ || found == waiting_.end() || found->second != play) return;
  waiting_.erase(found);
  if (waiting_.empty()) finish({});
}

void Announcer::finish(util::Result<void> result) {
  const auto done = std::move(done_);
  stop();
  if (done) done(std::move(result));
}

}  // namespace ringfort::calls
