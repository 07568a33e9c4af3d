#include "http/server.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <httplib.h>

#include "http/assets.h"
#include "http/handlers/handlers.h"
#include "http/problem.h"
#include "http/routes.h"
#include "jobs/call_json.h"
#include "store/accounts.h"
#include "util/log.h"

namespace ringfort::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_body = 64 * 1024;
constexpr auto setup_link_life = 24h;
constexpr std::string_view content_policy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

void add_security_headers(httplib::Response& response) {
  response.set_header("Content-Security-Policy", std::string(content_policy));
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Referrer-Policy", "no-referrer");
  response.set_header("X-Frame-Options", "DENY");
  response.set_header("Strict-Transport-Security", "max-age=31536000");
}

// "/api/v1/calls/{id}/recording" as cpp-httplib's regular expression.
std::string pattern_of(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path.substr(at).starts_with("{id}")) {
      out += "([^/]{1,64})";
      at += 3;
    } else {
      out += path[at] == '.' ? std::string("\\.") : std::string(1, path[at]);
    }
  }
  return out;
}

bool changes_something(const httplib::Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

class Server::Impl {
 public:
  Impl(const config::Config& config, const std::string& tls_dir, Services services)
      : config_(config),
        site_(config_, std::move(services)),
        server_(certificate(config.http.certificate, tls_dir + "/certificate.pem").c_str(),
                certificate(config.http.private_key, tls_dir + "/key.pem").c_str()) {
    if (!server_.is_valid()) throw std::runtime_error("the web server's certificate is not usable");
    set_limits();
    for (const auto& route : routes()) add(route);
    server_.Get(".*", [](const httplib::Request& request, httplib::Response& response) {
      send_page(request, response);
    });
    server_.set_post_routing_handler(
        [](const auto&, auto& response) { add_security_headers(response); });
    server_.set_exception_handler([](const auto& request, auto& response, std::exception_ptr e) {
      report(request, response, e);
    });
    listen();
  }

  ~Impl() {
    site_.feed.stop();
    server_.stop();
    thread_.join();
  }

  void publish(const domain::Event& event) {
    if (site_.feed.pages() == 0) return;
    std::visit([this](const auto& each) { send(each); }, event);
  }

  std::uint16_t port() const { return config_.http.port; }

  std::optional<std::string> make_setup_link() {
    auto& system = site_.services.system;
    if (store::count_users(system.reader()) > 0) return std::nullopt;
    const std::string token = util::random_token();
    system.write([&](SQLite::Database& db) {
      store::save_setup_token(db, token, site_.now() + setup_link_life);
    });
    const bool any = config_.http.host == "0.0.0.0" || config_.http.host == "::";
    return "https://" + (any ? "localhost" : config_.http.host) + ":" +
           std::to_string(config_.http.port) + "/set-up#" + token;
  }

 private:
  static std::string certificate(const std::string& configured, const std::string& made) {
    return configured.empty() ? made : configured;
  }

  void set_limits() {
    const auto threads = static_cast<std::size_t>(std::max(4, config_.http.threads));
    server_.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server_.set_payload_max_length(largest_body);
    server_.set_read_timeout(10s);
    server_.set_write_timeout(20s);
    server_.set_keep_alive_timeout(30);
    server_.set_tcp_nodelay(true);
  }

  void listen() {
    if (!server_.bind_to_port(config_.http.host, config_.http.port)) {
      throw std::runtime_error("cannot listen on " + config_.http.host + ":" +
                               std::to_string(config_.http.port) + " for the web ([http] listen)");
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(1ms);  // stop() needs it to run
  }

  void add(const Route& route) {
    const auto handler = [this, &route](const httplib::Request& request,
                                        httplib::Response& response) {
      serve(route, request, response);
    };
    const std::string pattern = pattern_of(route.path);
    if (route.method == "GET") server_.Get(pattern, handler);
    if (route.method == "POST") server_.Post(pattern, handler);
    if (route.method == "DELETE") server_.Delete(pattern, handler);
  }

  void serve(const Route& route, const httplib::Request& request, httplib::Response& response) {
    response.set_header("Cache-Control", "no-store");
    const auto principal = who_asks(request);
    Exchange exchange{site_, request, response, principal ? &*principal : nullptr, {}};
    if (request.matches.size() > 1) exchange.id = request.matches[1].str();
    if (route.permission != Permission::anyone) {
      if (!principal) return exchange.refuse(401, "Sign in first.");
      if (!may(principal->user.role, route.permission)) {
        return exchange.refuse(
            403, "You may not do this.",
            "It needs the permission " + std::string(to_string(route.permission)) + ".");
      }
      if (changes_something(request) &&
          !util::equal_secrets(request.get_header_value("X-CSRF-Token"), principal->csrf_token)) {
        return exchange.refuse(403, "The page is out of date.", "Load it again.");
      }
    }
    route.handler(exchange);
  }

  std::optional<Principal> who_asks(const httplib::Request& request) {
    const std::string token = session_token(request);
    if (token.empty()) return std::nullopt;
    const auto session = store::find_session(site_.services.system.reader(), token, site_.now());
    if (!session) return std::nullopt;
    return Principal{session->user, session->csrf_token};
  }

  static void send_page(const httplib::Request& request, httplib::Response& response) {
    if (request.path.starts_with("/api/")) {
      return send_problem(response, 404, "There is no such resource.");
    }
    const auto* asset = find_asset(request.path == "/" ? "/index.html" : request.path);
    if (asset == nullptr) return send_problem(response, 404, "There is no such page.");
    const bool named_by_content = asset->path.starts_with("/assets/");
    response.set_header("Cache-Control",
                        named_by_content ? "public, max-age=31536000, immutable" : "no-cache");
    response.set_content(asset->content.data(), asset->content.size(), std::string(asset->type));
  }

  static void report(const httplib::Request& request, httplib::Response& response,
                     std::exception_ptr problem) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& e) {
      log::error("{} {}: {}", request.method, request.path, e.what());
    } catch (...) {
      log::error("{} {}: unknown fault", request.method, request.path);
    }
    send_problem(response, 500, "Something went wrong here.", "The log of Ringfort says what.");
  }

  // What the pages hear.
  void send(const domain::CallChanged& change) {
    tell("call", jobs::live_call_json(change.call, site_.country()));
  }
  void send(const domain::RecordingChanged& change) {
    tell("recording",
         {{"call", change.recording.call}, {"recording", jobs::recording_json(change.recording)}});
  }
  void send(const domain::RegistrationChanged& change) {
    if (change.extension.starts_with('*')) return;
    tell("registration",
         {{"extension", change.extension}, {"registered", !change.bindings.empty()}});
  }
  void send(const domain::TrunkChanged& change) { tell("trunk", trunk_json(change.status)); }
  void send(const domain::AlarmRaised& alarm) { tell("alarm", alarm_json(0, alarm)); }

  void tell(const std::string& name, const nlohmann::json& body) {
    site_.feed.publish(name, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  const config::Config config_;
  Site site_;
  httplib::SSLServer server_;
  std::thread thread_;
};

Server::Server(const config::Config& config, const std::string& tls_dir, Services services)
    : impl_(std::make_unique<Impl>(config, tls_dir, std::move(services))) {}
Server::~Server() = default;
void Server::publish(const domain::Event& event) {
  impl_->publish(event);
}
std::uint16_t Server::port() const {
  return impl_->port();
}
std::optional<std::string> Server::make_setup_link() {
  return impl_->make_setup_link();
}

}  // namespace ringfort::http
