#include "http/server.h"

#include <atomic>
#include <chrono>
#include <stdexcept>

#include <httplib.h>

#include "formats/call_json.h"
#include "http/assets.h"
#include "http/handlers/handlers.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/tls_server.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "util/log.h"

namespace ringfort::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_body = 64 * 1024;
constexpr std::size_t longest_path = 1024;
constexpr std::size_t longest_host = 255;
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

// A browser says which site's page makes a request; programs say nothing.
bool comes_from_elsewhere(const httplib::Request& request) {
  return request.has_header("Origin") &&
         request.get_header_value("Origin") != "https://" + request.get_header_value("Host");
}

// Before any route: the library matches paths by recursion, so they must be short.
httplib::Server::HandlerResponse refuse_oddities(const httplib::Request& request,
                                                 httplib::Response& response) {
  using Answer = httplib::Server::HandlerResponse;
  const bool odd_host = request.get_header_value("Host").size() > longest_host ||
                        request.get_header_value_count("Host") > 1;
  if (!odd_host && request.path.size() <= longest_path) return Answer::Unhandled;
  send_problem(response, odd_host ? 400 : 414, "This request is not understood.");
  response.set_header("Connection", "close");  // its body was not read
  return Answer::Handled;
}

// What the library refused by itself gets the same form as our own refusals.
void explain(const httplib::Request&, httplib::Response& response) {
  if (!response.body.empty() || response.status < 400) return;
  if (response.status == 404) return send_problem(response, 404, "There is no such resource.");
  if (response.status == 413) return send_problem(response, 413, "The request is too large.");
  send_problem(response, response.status, "This request is not understood.");
}

void send_page(const httplib::Request& request, httplib::Response& response) {
  if (request.path.starts_with("/api/")) {
    return send_problem(response, 404, "There is no such resource.");
  }
  const auto* asset = find_asset(request.path == "/" ? "/index.html" : request.path);
  if (asset == nullptr) return send_problem(response, 404, "There is no such page.");
  const bool named_by_content = asset->path.starts_with("/assets/");
  response.set_header("Cache-Control",
                      named_by_content ? "public, max-age=31536000, immutable" : "no-cache");
  response.set_header("Vary", "Accept-Encoding");
  response.set_header("ETag", std::string(asset->etag));
  if (request.get_header_value("If-None-Match") == asset->etag) {
    response.status = 304;
    return;
  }
  const bool packed = !asset->gzip.empty() && request.has_header(takes_gzip);
  const auto content = packed ? asset->gzip : asset->content;
  if (packed) response.set_header("Content-Encoding", "gzip");
  response.set_content(content.data(), content.size(), std::string(asset->type));
}

void report(const httplib::Request& request, httplib::Response& response,
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

}  // namespace

class Server::Impl {
 public:
  Impl(const config::Config& config, const std::string& tls_dir, Services services)
      : config_(config),
        site_(config_, std::move(services)),
        server_(settings(config.http, tls_dir)) {
    server_.set_payload_max_length(largest_body);
    server_.set_pre_routing_handler(refuse_oddities);
    for (const auto& route : routes()) add(route);
    server_.Get(".*", send_page);
    server_.set_error_handler(explain);
    server_.set_post_routing_handler(
        [](const auto&, auto& response) { add_security_headers(response); });
    server_.set_exception_handler(report);
    server_.start();
  }

  ~Impl() {
    site_.stopping = true;
    site_.feed.stop();
    server_.finish();
  }

  void publish(const domain::Event& event) {
    if (site_.feed.pages() == 0) return;
    std::visit([this](const auto& each) { send(each); }, event);
  }

  std::uint16_t port() const { return server_.port(); }

 private:
  static TlsServerSettings settings(const config::Http& http, const std::string& tls_dir) {
    TlsServerSettings out;
    out.host = http.host;
    out.port = http.port;
    out.certificate = http.certificate.empty() ? tls_dir + "/certificate.pem" : http.certificate;
    out.private_key = http.private_key.empty() ? tls_dir + "/key.pem" : http.private_key;
    out.threads = std::max(4, http.threads);
    return out;
  }

  void add(const Route& route) {
    const auto handler = [this, &route](const httplib::Request& request,
                                        httplib::Response& response) {
      serve(route, request, response);
    };
    const std::string pattern = pattern_of(route.path);
    if (route.method == "GET") server_.Get(pattern, handler);
    if (route.method == "POST") server_.Post(pattern, handler);
    if (route.method == "PUT") server_.Put(pattern, handler);
    if (route.method == "DELETE") server_.Delete(pattern, handler);
  }

  void serve(const Route& route, const httplib::Request& request, httplib::Response& response) {
    response.set_header("Cache-Control", "no-store");
    const auto principal = who_asks(request);
    Exchange exchange{site_, request, response, principal ? &*principal : nullptr, {}};
    if (request.matches.size() > 1) exchange.id = request.matches[1].str();
    if (changes_something(request) && comes_from_elsewhere(request)) {
      return exchange.refuse(403, "Another site may not do this.");
    }
    if (route.permission != Permission::anyone && !admit(route, exchange)) return;
    route.handler(exchange);
  }

  // Refuses whoever may not use the route.
  static bool admit(const Route& route, Exchange& exchange) {
    if (exchange.who == nullptr) {
      exchange.refuse(401, "Sign in first.");
    } else if (!may(exchange.who->user.role, route.permission)) {
      exchange.refuse(403, "You may not do this.",
                      "It needs the permission " + std::string(to_string(route.permission)) + ".");
    } else if (changes_something(exchange.request) &&
               !util::equal_secrets(exchange.request.get_header_value("X-CSRF-Token"),
                                    exchange.who->csrf_token)) {
      exchange.refuse(403, "The page is out of date.", "Load it again.");
    } else {
      return true;
    }
    return false;
  }

  std::optional<Principal> who_asks(const httplib::Request& request) {
    const std::string token = session_token(request);
    if (token.empty()) return std::nullopt;
    const auto session = store::find_session(site_.services.system.reader(), token, site_.now());
    if (!session) return std::nullopt;
    return Principal{session->user, session->csrf_token};
  }

  // What the pages hear.
  void send(const domain::CallChanged& change) {
    tell("call", formats::live_call_json(change.call, site_.country()));
  }
  void send(const domain::RecordingChanged& change) {
    tell("recording", {{"call", change.recording.call},
                       {"recording", formats::recording_json(change.recording)}});
  }
  void send(const domain::RegistrationChanged& change) {
    if (change.extension.starts_with('*')) return;
    tell("registration",
         {{"extension", change.extension}, {"registered", !change.bindings.empty()}});
  }
  void send(const domain::TrunkChanged& change) { tell("trunk", trunk_json(change.status)); }
  // The event does not know its number in the store; alarms are rare enough to look it up.
  void send(const domain::AlarmRaised& alarm) {
    for (const auto& each : store::unseen_alarms(site_.services.tenant.reader(), 100)) {
      if (each.alarm.name == alarm.name && each.alarm.call == alarm.call &&
          each.alarm.at == alarm.at) {
        return tell("alarm", alarm_json(each.id, alarm));
      }
    }
    if (!site_.services.unstored_alarms) return;
    for (const auto& [id, each] : site_.services.unstored_alarms()) {
      if (each.name == alarm.name && each.call == alarm.call && each.at == alarm.at) {
        return tell("alarm", alarm_json(id, alarm));
      }
    }
  }

  void tell(const std::string& name, const nlohmann::json& body) {
    site_.feed.publish(name, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  const config::Config config_;
  Site site_;
  TlsServer server_;
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

}  // namespace ringfort::http
