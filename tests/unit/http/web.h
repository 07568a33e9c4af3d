// A real web server over real store files, and a browser's view of it over TLS.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "formats/found_damage.h"
#include "http/certificate.h"
#include "http/routes.h"
#include "http/server.h"
#include "keeping/deletion.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "support/sealed_call.h"
#include "util/metrics.h"
#include "util/signing.h"
#include "util/text.h"

namespace ringfort::testing {

inline constexpr const char* password = "correct horse battery";

// One browser: keeps its cookie and CSRF token, trusts exactly the box's own authority.
class Browser {
 public:
  Browser(std::uint16_t port, const std::string& ca_file)
      : client_(std::make_unique<httplib::SSLClient>("localhost", port)) {
    client_->set_ca_cert_path(ca_file.c_str());
    client_->enable_server_certificate_verification(true);
    client_->set_read_timeout(30);
    client_->set_connection_timeout(30);
    client_->set_keep_alive(true);
  }

  httplib::Result get(const std::string& path, httplib::Headers more = {}) {
    return client_->Get(path, headers(std::move(more)));
  }
  httplib::Result head(const std::string& path) { return client_->Head(path, headers({})); }
  httplib::Result post(const std::string& path, const std::string& body,
                       httplib::Headers more = {}) {
    return client_->Post(path, headers(std::move(more)), body, "application/json");
  }
  httplib::Result remove(const std::string& path, httplib::Headers more = {}) {
    return client_->Delete(path, headers(std::move(more)));
  }
  httplib::Result ask(const std::string& method, const std::string& path) {
    if (method == "POST") return post(path, "{}");
    if (method == "PUT") return client_->Put(path, headers({}), "{}", "application/json");
    return method == "DELETE" ? remove(path) : get(path);
  }
  // Takes the cookie and token of a session answer.
  void keep(const httplib::Result& answer) {
    const std::string cookie = answer->get_header_value("Set-Cookie");
    cookie_ = cookie.substr(0, cookie.find(';'));
    csrf_ = nlohmann::json::parse(answer->body)["csrf_token"];
  }
  httplib::Result sign_in(const std::string& name, const std::string& with = password) {
    auto answer =
        post("/api/v1/session", nlohmann::json{{"username", name}, {"password", with}}.dump());
    REQUIRE(answer);
    if (answer->status == 200) keep(answer);
    return answer;
  }
  httplib::SSLClient& raw() { return *client_; }
  void forget_csrf() { csrf_.clear(); }
  std::string cookie() const { return cookie_; }

 private:
  httplib::Headers headers(httplib::Headers more) const {
    if (!cookie_.empty()) more.emplace("Cookie", cookie_);
    if (!csrf_.empty()) more.emplace("X-CSRF-Token", csrf_);
    return more;
  }

  std::unique_ptr<httplib::SSLClient> client_;
  std::string cookie_, csrf_;
};

inline nlohmann::json body_of(const httplib::Result& answer) {
  REQUIRE(answer);
  return nlohmann::json::parse(answer->body);
}

class Web {
 public:
  explicit Web(int threads = 16) {
    util::crypto_start();
    tls_ = (files.folder / "tls").string();
    http::ensure_certificates(tls_, "box.lan", {"127.0.0.1", "::1"});
    config::Config config;
    config.server.name = "Acme Ltd";
    config.server.time_zone = "Europe/Berlin";
    config.http.host = "127.0.0.1";
    config.http.port = 0;
    config.http.threads = threads;
    domain::Directory directory;
    directory.extensions = {{"101", "Ada Byron"}, {"102", "Grace Hopper"}, {"*990", "Self-test"}};
    directory_ = std::make_shared<const domain::Directory>(directory);
    http::Services services{files.system,     files.tenant,   files.keys, calls.keys, *calls.disk,
                            calls.tenant_key, calls.folder(), clock,      metrics};
    services.directory = [this] { return directory_; };
    services.live_calls = [this] { return live; };
    services.hang_up = [this](const std::string& call, const std::string& who) {
      hung_up.push_back(call + " by " + who);
      return true;
    };
    services.bindings = [this] { return bindings; };
    services.trunks = [this] { return trunks; };
    services.storage = [] { return nlohmann::json::object(); };
    services.make_recovery_key = []() -> util::Result<std::string> { return "a recovery key"; };
    services.control_recording = [](auto&&...) -> util::Result<void> { return {}; };
    services.listen_live = [](auto&&...) -> util::Result<std::unique_ptr<recording::LiveListener>> {
      return util::fail("There is no such live call.", 481, 404);
    };
    services.stop_listening = [](auto&&...) {};
    services.damage_found = [this](const auto& recording, const auto& found) {
      formats::note_damage(
          files.tenant, recording, found, clock.now(),
          [this](domain::Event event) { alarms.push_back(std::get<domain::AlarmRaised>(event)); });
    };
    services.signer = &signer_;
    services.deleter = &deleter_;
    server = std::make_unique<http::Server>(config, tls_, std::move(services));
  }

  Browser browser() { return Browser(server->port(), tls_ + "/ca.pem"); }
  // As `ringfort setup-link` makes it.
  std::string setup_token() {
    const std::string token = util::random_token();
    files.system.write([&](SQLite::Database& db) {
      store::save_setup_token(db, token, clock.now() + store::setup_token_life);
    });
    return token;
  }
  void add_user(const std::string& name, store::Role role) {
    files.system.write([&](SQLite::Database& db) {
      store::add_user(db, name, role, util::hash_password(password), clock.now());
    });
  }
  // A browser in which a fresh user of this role is signed in.
  Browser signed_in(store::Role role = store::Role::owner) {
    const std::string name = std::string(store::to_string(role)) + std::to_string(++users_);
    add_user(name, role);
    auto out = browser();
    REQUIRE(out.sign_in(name)->status == 200);
    return out;
  }
  void save(const domain::Call& call) {
    files.tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
  }
  std::vector<store::AuditEntry> audit(const std::string& item) {
    return store::list_audit(files.system.reader(), item, 100);
  }

  StoreFiles files;
  SealedCalls calls{files};
  util::FakeClock clock{at(1000)};
  util::Metrics metrics;
  std::vector<domain::Call> live;
  std::vector<domain::Binding> bindings;
  std::vector<domain::TrunkStatus> trunks;
  std::vector<std::string> hung_up;
  std::vector<domain::AlarmRaised> alarms;  // of damage
  std::unique_ptr<http::Server> server;

 private:
  const util::SigningKey signer_{util::Key::random()};
  keeping::Deleter deleter_{files.tenant,   files.keys,     files.system, *calls.disk,
                            calls.folder(), calls.folder(), signer_};
  domain::DirectoryPtr directory_;
  std::string tls_;
  int users_ = 0;
};

}  // namespace ringfort::testing
