// Plays an announcement to the people of one call and says when all have heard it. Lives on the
// SIP thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "calls/context.h"
#include "media/engine.h"

namespace ringfort::calls {

// Has everything that the configuration names made ahead of the first call.
void prepare_announcements(const domain::Directory& directory, media::PromptStore& prompts);

class Announcer {
 public:
  // Called once for each play() that is not stopped: with the reason when nobody could hear it.
  using Done = std::function<void(util::Result<void>)>;

  // `context` must outlive it.
  explicit Announcer(const Context& context) : context_(context) {}

  void play(const domain::Announcement& what, std::vector<media::StreamId> to, Done done);
  // Somebody else is there: hears it from the beginning, instead of `gone`.
  void replace(media::StreamId gone, media::StreamId here);
  void stop();
  void on_played(media::StreamId stream, media::PlayId play);

 private:
  void begin();
  void start_on(media::StreamId stream);
  void guard();
  void finish(util::Result<void> result);

  const Context& context_;
  domain::Announcement what_;
  media::PromptPtr prompt_;
  std::set<media::StreamId> waiting_;  // they have not heard all of it
  Done done_;
  int tries_ = 0;
  media::PlayId play_ = 0;
  std::unique_ptr<sip::Timer> timer_;
};

}  // namespace ringfort::calls
