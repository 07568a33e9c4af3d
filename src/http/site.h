// What every handler shares: the services of the program, who may do what, live pages. Made once
// by the server; everything in it is safe on any thread.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "http/access.h"
#include "http/exports.h"
#include "http/live_feed.h"
#include "http/server.h"

namespace ringfort::http {

// Waveforms that were drawn lately: decoding an hour takes a moment, and pages ask twice.
class WaveformCache {
 public:
  std::optional<std::string> find(const std::string& key);
  void keep(const std::string& key, const std::string& json);

 private:
  std::mutex mutex_;  // held for a look-up
  std::map<std::string, std::string> kept_;
};

// Holds one of a few places while something costly is done.
class Slot {
 public:
  explicit Slot(std::counting_semaphore<>& places) : places_(places) { places_.acquire(); }
  ~Slot() { places_.release(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  std::counting_semaphore<>& places_;
};

struct Site {
  Site(const config::Config& configuration, Services all)
      : config(configuration),
        services(std::move(all)),
        throttle(services.clock),
        exports(services.clock),
        feed(static_cast<std::size_t>(std::max(2, configuration.http.threads * 3 / 4)), 12) {}

  const config::Config& config;
  Services services;
  Throttle throttle;
  Exports exports;
  LiveFeed feed;
  WaveformCache waveforms;
  // Password hashing takes 64 MiB and drawing a waveform a core: few at once, the others wait.
  std::counting_semaphore<> hard_work{2};
  std::counting_semaphore<> conversions{4};
  // The server stops: what is being sent ends before its next piece.
  std::atomic<bool> stopping{false};

  const std::string& country() const { return config.server.country; }
  domain::Time now() const { return services.clock.now(); }
  // Written before what it tells of happens.
  void audit(const std::string& who, const std::string& action, const std::string& item,
             const std::string& detail = {});
};

// One request on its way through a handler.
struct Exchange {
  Site& site;
  const httplib::Request& request;
  httplib::Response& response;
  const Principal* who = nullptr;  // null on routes for anyone
  std::string id;                  // what stood for {id}

  void send(const nlohmann::json& body, int status = 200);
  void refuse(int status, const std::string& title, const std::string& detail = {});
  std::string query(const char* name) const { return request.get_param_value(name); }
  // The body as a JSON object; refuses with 400 and returns nothing when it is none.
  std::optional<nlohmann::json> object();
  // A text field of `body`; refuses with 422 when it is missing or longer than `most` bytes.
  std::optional<std::string> text(const nlohmann::json& body, const char* name, std::size_t most);
};

}  // namespace ringfort::http
