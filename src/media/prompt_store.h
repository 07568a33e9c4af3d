// Prompts that are ready when a call needs them: rendered ahead by a worker, kept in memory by
// source and language. find() and prepare() never wait and may be called on any thread.
#pragma once

#include <compare>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "media/prompt.h"

namespace ringfort::media {

class PromptStore {
 public:
  // Relative paths of "file:" lie in `folder` (that of the configuration).
  explicit PromptStore(std::string folder);
  ~PromptStore();
  PromptStore(const PromptStore&) = delete;
  PromptStore& operator=(const PromptStore&) = delete;

  // Asks for a prompt ahead of its use. What failed before is tried again, and a file that was
  // changed is read anew: at start and at each reload, for everything the configuration names.
  void prepare(const std::string& source, const std::string& language);
  // The prompt, or null while it is being made (some milliseconds) or when it cannot be. One that
  // nobody prepared is prepared by this.
  PromptPtr find(const std::string& source, const std::string& language);
  // The same for music (see media/music.h). One that nobody prepared is null.
  void prepare_loop(const std::string& source);
  PromptPtr find_loop(const std::string& source);
  // Why it cannot be played, in plain words; empty when it can or is still being made.
  std::string trouble(const std::string& source, const std::string& language) const;

 private:
  struct Name {
    std::string source, language;
    bool loop = false;
    auto operator<=>(const Name&) const = default;
  };
  struct Entry {
    PromptPtr prompt;
    std::string trouble;
  };
  void ask(const Name& name);
  void run();

  const std::string folder_;
  mutable std::mutex mutex_;  // of all that follows but the thread; never held while rendering
  std::condition_variable wanted_;
  std::map<Name, Entry> entries_;
  std::deque<Name> queue_;
  bool stopping_ = false;
  std::thread worker_;
};

}  // namespace ringfort::media
