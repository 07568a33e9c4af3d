// The composition root: builds every object top to bottom, wires events, tells systemd, reloads,
// drains, and stops in reverse. Lives on the main thread; the SIP thread is started from here.
#pragma once

#include <memory>
#include <string>

#include "daemon/loaded_config.h"

namespace ringfort::daemon {

class Daemon {
 public:
  // Throws std::runtime_error with a plain sentence when something cannot start.
  Daemon(std::string config_file, LoadedConfig loaded);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Runs until SIGTERM or SIGINT (a second one ends the drain); SIGHUP reloads.
  void run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Blocks the signals that run() waits for, in this thread and all started after it. Call first.
void block_signals();

}  // namespace ringfort::daemon
