// Plays an announcement to the people of one call and says when all have heard it. Lives on the
// SIP thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
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

  // 0 in `to` is an empty seat: whoever sits down there is waited for.
  void play(const domain::Announcement& what, const std::vector<media::StreamId>& to, Done done);
  // Somebody else is there: hears it from the beginning, instead of `gone`. 0: nobody yet.
  void replace(media::StreamId gone, media::StreamId here);
  // While one of them holds the call nobody is given up.
  void suspend(bool held);
  void stop();
  void on_played(media::StreamId stream, media::PlayId play);

 private:
  void begin();
  media::PlayId start_on(media::StreamId stream);
  void guard();
  void finish(util::Result<void> result);

  const Context& context_;
  domain::Announcement what_;
  media::PromptPtr prompt_;
  // Who has not heard all of it, and what is played to them.
  std::map<media::StreamId, media::PlayId> waiting_;
  Done done_;
  int tries_ = 0;
  media::PlayId play_ = 0;
  bool held_ = false;
  std::unique_ptr<sip::Timer> timer_;
};

}  // namespace ringfort::calls
