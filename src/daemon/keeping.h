// What keeps recordings kept: the disk's horizon, rotations of keys, nightly back-ups and weekly
// checks, each on a timer of its own. Made and ended by the daemon's main thread; questions are
// answered on any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "daemon/paths.h"
#include "domain/event.h"
#include "recording/tenant_keys.h"
#include "store/database.h"
#include "store/writer.h"
#include "util/clock.h"
#include "util/disk.h"
#include "util/metrics.h"
#include "util/result.h"

namespace ringfort::daemon {

struct KeepingParts {
  const config::Config& config;
  std::string config_file;
  const Paths& paths;
  store::Database& system;
  store::Database& tenant;
  store::Database& keys;
  store::Writer& writer;
  util::Disk& disk;
  const recording::TenantKeys& tenant_keys;
  std::string evidence_public_key;
  std::function<domain::DirectoryPtr()> directory;
  domain::EventSink on_event;
  const util::Clock& clock;
  util::Metrics& metrics;
};

class Keeping {
 public:
  explicit Keeping(KeepingParts parts);
  ~Keeping();  // waits for turns in progress; a back-up stops at the next file
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;

  // The answer of GET /api/v1/storage.
  nlohmann::json storage() const;
  // A fresh recovery key, to be shown once.
  util::Result<std::string> make_recovery_key();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::daemon
