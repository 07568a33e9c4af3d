// The web server: HTTPS, the route table, the embedded pages, live events. Runs its own worker
// threads; handlers run on them and read the store through their thread's connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "calls/recording_order.h"
#include "config/config.h"
#include "domain/event.h"
#include "formats/outgoing.h"
#include "keeping/deletion.h"
#include "recording/recorder.h"
#include "store/database.h"
#include "util/clock.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/metrics.h"
#include "util/result.h"
#include "util/signing.h"

namespace ringfort::http {

// What the handlers need from the rest of the program. Everything is safe on any thread.
struct Services {
  store::Database& system;
  store::Database& tenant;
  store::Database& keys;
  recording::KeyStore& key_store;
  util::Disk& disk;
  const recording::TenantKeys& tenant_key;
  std::string vault_dir;
  const util::Clock& clock;
  util::Metrics& metrics;
  // The current directory (extensions…); a new snapshot after each reload.
  std::function<domain::DirectoryPtr()> directory;
  // Calls in progress, as they stand now.
  std::function<std::vector<domain::Call>()> live_calls;
  // Posts a hang-up to the switchboard; false when there is no such live call.
  std::function<bool(const std::string& call, const std::string& who)> hang_up;
  // Somebody listens to a live call from now on; refused where that may not be. Waits for the SIP
  // thread. And stops, when the listener is gone.
  std::function<util::Result<std::unique_ptr<recording::LiveListener>>(const std::string& call,
                                                                       const std::string& who)>
      listen_live{};
  std::function<void(const std::string& call, std::uint32_t listener)> stop_listening{};
  std::function<std::vector<domain::Binding>()> bindings;
  std::function<std::vector<domain::TrunkStatus>()> trunks;
  // Alarms that the store has not taken yet, newest first, with numbers below 0. May be empty.
  std::function<std::vector<std::pair<std::int64_t, domain::AlarmRaised>>()> unstored_alarms{};
  // A recording that is sent turns out to be damaged. May be empty.
  formats::DamageSink damage_found{};
  // How full the disk is, and how back-ups and checks went.
  std::function<nlohmann::json()> storage;
  // A fresh recovery key.
  std::function<util::Result<std::string>()> make_recovery_key;
  // Lets a live call's recording run, pause or stop; refused in plain words.
  std::function<util::Result<void>(const std::string& call, calls::RecordingOrder order,
                                   const std::string& who)>
      control_recording{};
  // What signs the evidence log, and what deletes recordings with a receipt in it. Never null.
  const util::SigningKey* signer = nullptr;
  keeping::Deleter* deleter = nullptr;
};

class Server {
 public:
  // `tls_dir` holds certificate.pem and key.pem unless the configuration names others. Throws
  // when it cannot listen.
  Server(const config::Config& config, const std::string& tls_dir, Services services);
  ~Server();  // ends open streams and stops within a second
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Tells every open live page (SSE). Any thread, never blocks.
  void publish(const domain::Event& event);
  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::http
