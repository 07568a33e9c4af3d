#include "media/prompt_store.h"

#include <exception>
#include <utility>

#include <pthread.h>

#include "media/music.h"
#include "util/log.h"

namespace ringfort::media {

PromptStore::PromptStore(std::string folder) : folder_(std::move(folder)) {
  worker_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "prompts");
    run();
  });
}

PromptStore::~PromptStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  worker_.join();
}

void PromptStore::prepare(const std::string& source, const std::string& language) {
  const std::lock_guard lock(mutex_);
  ask({source, language});
}

// What is there stays in use until it was made anew.
void PromptStore::ask(const Name& name) {
  for (const auto& waiting : queue_) {
    if (waiting == name) return;
  }
  entries_[name].trouble.clear();
  queue_.push_back(name);
  wanted_.notify_all();
}

PromptPtr PromptStore::find(const std::string& source, const std::string& language) {
  const Name name{source, language};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second.prompt;
  ask(name);
  return nullptr;
}

void PromptStore::prepare_loop(const std::string& source) {
  const std::lock_guard lock(mutex_);
  ask({source, {}, true});
}

PromptPtr PromptStore::find_loop(const std::string& source) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({source, {}, true});
  return found == entries_.end() ? nullptr : found->second.prompt;
}

std::string PromptStore::trouble(const std::string& source, const std::string& language) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({source, language});
  return found == entries_.end() ? std::string() : found->second.trouble;
}

void PromptStore::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Name name = queue_.front();
    lock.unlock();
    util::Result<PromptPtr> made;
    try {
      made = name.loop ? render_loop(name.source, name.language, folder_)
                       : render_prompt(name.source, name.language, folder_);
    } catch (const std::exception& error) {
      made = util::fail(error.what());
    }
    if (!made) {
      log::error("{} \"{}\": {}", name.loop ? "music" : "announcement", name.source,
                 made.error().message);
    }
    lock.lock();
    queue_.pop_front();
    auto& entry = entries_[name];
    if (made) entry.prompt = std::move(*made);
    entry.trouble = made ? std::string() : made.error().message;
  }
}

}  // namespace ringfort::media
