// Made from the route table: whoever adds a route gets these tests with it.
#include "unit/http/web.h"

namespace ringfort::testing {
namespace {

using http::Permission;

// A path of the route with an id that nothing has.
std::string path_of(const http::Route& route) {
  std::string path(route.path);
  const auto at = path.find("{id}");
  if (at != std::string::npos) path.replace(at, 4, "01900000-0000-7000-8000-000000000000");
  return path;
}

bool streams(const http::Route& route) {
  return route.path == "/api/v1/events" || route.path.ends_with("/audio");
}

// Whether the route lets this browser in; a stream is left after its first bytes.
int status_of(Browser& browser, const http::Route& route) {
  if (!streams(route)) {
    const auto answer = browser.ask(std::string(route.method), path_of(route));
    REQUIRE(answer);
    return answer->status;
  }
  int status = 0;
  browser.raw().Get(
      path_of(route), {{"Cookie", browser.cookie()}},
      [&](const httplib::Response& response) {
        status = response.status;
        return false;
      },
      [](const char*, std::size_t) { return false; });
  return status;
}

}  // namespace

TEST_CASE("nobody gets past a route that needs a sign-in") {
  Web web;
  auto nobody = web.browser();
  for (const auto& route : http::routes()) {
    if (route.permission == Permission::anyone) continue;
    CAPTURE(route.path);
    const auto answer = nobody.ask(std::string(route.method), path_of(route));
    REQUIRE(answer);
    CHECK(answer->status == 401);
    CHECK(answer->get_header_value("Content-Type") == "application/problem+json");
  }
}

TEST_CASE("a role without the permission is refused, one with it is let in") {
  Web web;
  int refused = 0;
  for (const auto role : {store::Role::owner, store::Role::admin, store::Role::staff}) {
    for (const auto& route : http::routes()) {
      if (route.permission == Permission::anyone) continue;
      CAPTURE(route.path);
      auto browser = web.signed_in(role);  // anew, since one of the routes signs out
      const int status = status_of(browser, route);
      if (http::may(role, route.permission)) {
        CHECK(status != 401);
        CHECK(status != 403);
      } else {
        CHECK(status == 403);
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("a change without the session's CSRF token is refused") {
  Web web;
  for (const auto& route : http::routes()) {
    if (route.permission == Permission::anyone || route.method == "GET") continue;
    CAPTURE(route.path);
    auto browser = web.signed_in();
    browser.forget_csrf();
    CHECK(status_of(browser, route) == 403);
  }
}

TEST_CASE("another site's page can change nothing, not even sign in") {
  Web web;
  web.add_user("ada", store::Role::owner);
  auto browser = web.browser();
  const std::string body = nlohmann::json{{"username", "ada"}, {"password", password}}.dump();
  const auto foreign = browser.post("/api/v1/session", body, {{"Origin", "https://evil.example"}});
  REQUIRE(foreign);
  CHECK(foreign->status == 403);
  CHECK_FALSE(foreign->has_header("Set-Cookie"));
  const std::string ours = "https://localhost:" + std::to_string(web.server->port());
  const auto own = browser.post("/api/v1/session", body, {{"Origin", ours}});
  REQUIRE(own);
  CHECK(own->status == 200);
}

TEST_CASE("the OpenAPI description names every route") {
  Web web;
  auto browser = web.browser();
  const auto api = body_of(browser.get("/api/v1/openapi.json"));
  CHECK(api["openapi"] == "3.1.0");
  for (const auto& route : http::routes()) {
    CAPTURE(route.path);
    const auto& operation = api["paths"][std::string(route.path)][util::lower(route.method)];
    CHECK(operation["summary"] == std::string(route.summary));
    CHECK_FALSE(operation["responses"].empty());
    const bool has_id = route.path.find("{id}") != std::string_view::npos;
    CHECK(operation["parameters"].size() == route.parameters.size() + (has_id ? 1 : 0));
  }
}

TEST_CASE("every answer carries the security headers, API answers are not stored") {
  Web web;
  auto browser = web.browser();
  for (const char* path : {"/api/v1/setup", "/api/v1/nothing", "/", "/healthz", "/no.such.file"}) {
    CAPTURE(path);
    const auto answer = browser.get(path);
    REQUIRE(answer);
    const std::string policy = answer->get_header_value("Content-Security-Policy");
    CHECK(policy.find("default-src 'self'") != std::string::npos);
    CHECK(policy.find("script-src") == std::string::npos);  // nothing weaker than default-src
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(answer->get_header_value("X-Content-Type-Options") == "nosniff");
    CHECK(answer->get_header_value("Referrer-Policy") == "no-referrer");
  }
  CHECK(browser.get("/api/v1/setup")->get_header_value("Cache-Control") == "no-store");
}

TEST_CASE("an unknown API path is a problem, an unknown page is the web app's") {
  Web web;
  auto browser = web.browser();
  for (const char* method : {"GET", "POST", "DELETE"}) {
    const auto answer = browser.ask(method, "/api/v1/nothing/here");
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(body_of(answer)["status"] == 404);
  }
  const auto page = browser.get("/calls/some-call");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->get_header_value("Content-Type").starts_with("text/html"));
  CHECK(browser.get("/assets/no-such-file.js")->status == 404);
}

TEST_CASE("the web app is sent packed when the browser takes it, and not again when unchanged") {
  Web web;
  auto browser = web.browser();
  const auto plain = browser.get("/");
  REQUIRE(plain);
  const std::string etag = plain->get_header_value("ETag");
  CHECK_FALSE(etag.empty());
  const auto again = browser.get("/", {{"If-None-Match", etag}});
  REQUIRE(again);
  CHECK(again->status == 304);
  CHECK(again->body.empty());
}

TEST_CASE("health says nothing but ok; metrics are for this machine") {
  Web web;
  web.metrics.counter("ringfort_test_total", "A count.").add(3);
  auto browser = web.browser();
  CHECK(browser.get("/healthz")->body == "ok\n");
  CHECK(browser.get("/readyz")->status == 200);
  const auto local = browser.get("/metrics");
  REQUIRE(local);
  CHECK(local->body.find("ringfort_test_total 3") != std::string::npos);
  CHECK(browser.get("/metrics", {{"X-Forwarded-For", "203.0.113.9"}})->status == 401);
}

}  // namespace ringfort::testing
