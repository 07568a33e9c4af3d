// What calls stand on: real media and recorder in a folder of their own, a fake SIP stack.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <unistd.h>

#include "config/config.h"
#include "media/engine.h"
#include "media/prompt_store.h"
#include "recording/recorder.h"
#include "support/fake_stack.h"
#include "support/keys_in_memory.h"
#include "util/crypto.h"

namespace ringfort::test {

struct Box {
  Box(std::uint16_t first_port, std::uint16_t last_port, int media_threads = 1) {
    util::crypto_start();
    config.media.first_port = first_port;
    config.media.last_port = last_port;
    config.media.threads = media_threads;
  }
  ~Box() { stop(); }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  // Once `config` is as it is to be. What the recorder says goes to `on_event`; any thread.
  void start(domain::EventSink on_event) {
    engine.emplace(config.media, media::Hooks{}, metrics);
    recording::RecorderSettings settings;
    settings.spool_dir = folder + "/spool";
    settings.vault_dir = folder + "/vault";
    std::filesystem::create_directories(settings.spool_dir);
    std::filesystem::create_directories(settings.vault_dir);
    recorder.emplace(settings, tenant, keys, *disk, engine->tap_rings(), std::move(on_event), clock,
                     metrics);
  }
  void stop() {
    recorder.reset();
    engine.reset();
    std::filesystem::remove_all(folder);
  }

  const std::string folder =
      (std::filesystem::temp_directory_path() / ("ringfort-calls-" + std::to_string(getpid())))
          .string();
  config::Config config;
  util::SystemClock clock;
  util::Metrics metrics;
  std::unique_ptr<util::Disk> disk = util::make_disk();
  testing::KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  FakeStack stack;
  media::PromptStore prompts{folder};
  std::optional<media::Engine> engine;
  std::optional<recording::Recorder> recorder;
};

}  // namespace ringfort::test
