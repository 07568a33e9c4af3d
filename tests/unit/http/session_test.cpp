#include "unit/http/web.h"

namespace ringfort::testing {
namespace {

std::string setup_body(const std::string& token, const std::string& name,
                       const std::string& with = password) {
  return nlohmann::json{{"token", token}, {"username", name}, {"password", with}}.dump();
}

}  // namespace

TEST_CASE("signing in sets a cookie that scripts and other sites cannot use") {
  Web web;
  web.add_user("ada", store::Role::admin);
  auto browser = web.browser();
  const auto answer = browser.sign_in("ada");
  const auto body = body_of(answer);
  CHECK(body["user"]["name"] == "ada");
  CHECK(body["user"]["role"] == "admin");
  CHECK(body["server"]["name"] == "Acme Ltd");
  CHECK(body["server"]["time_zone"] == "Europe/Berlin");
  const std::string cookie = answer->get_header_value("Set-Cookie");
  CHECK(cookie.starts_with("__Host-ringfort="));
  for (const char* part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"}) {
    CHECK(cookie.find(part) != std::string::npos);
  }
  CHECK(body_of(browser.get("/api/v1/session")) == body);
}

TEST_CASE("a wrong password and an unknown name get the same answer") {
  Web web;
  web.add_user("ada", store::Role::owner);
  auto browser = web.browser();
  const auto wrong = browser.sign_in("ada", "not her password");
  const auto unknown = browser.sign_in("nobody", "not her password");
  CHECK(wrong->status == 401);
  CHECK(unknown->status == 401);
  CHECK(wrong->body == unknown->body);
  CHECK(browser.get("/api/v1/session")->status == 401);
}

TEST_CASE("signing out ends the session, also for a copy of the cookie") {
  Web web;
  auto browser = web.signed_in();
  const std::string cookie = browser.cookie();
  const auto answer = browser.remove("/api/v1/session");
  REQUIRE(answer);
  CHECK(answer->status == 204);
  CHECK(answer->get_header_value("Set-Cookie").find("Max-Age=0") != std::string::npos);
  auto thief = web.browser();
  CHECK(thief.get("/api/v1/session", {{"Cookie", cookie}})->status == 401);
}

TEST_CASE("a session ends after twelve hours") {
  Web web;
  auto browser = web.signed_in();
  web.clock.advance(std::chrono::hours(11));
  CHECK(browser.get("/api/v1/session")->status == 200);
  web.clock.advance(std::chrono::minutes(61));
  CHECK(browser.get("/api/v1/session")->status == 401);
}

TEST_CASE("after ten wrong passwords even the right one waits a quarter of an hour") {
  Web web;
  web.add_user("ada", store::Role::owner);
  web.add_user("grace", store::Role::owner);
  auto browser = web.browser();
  for (int i = 0; i < 10; ++i) CHECK(browser.sign_in("ada", "wrong password")->status == 401);
  const auto refused = browser.sign_in("ada");
  CHECK(refused->status == 429);
  CHECK(refused->has_header("Retry-After"));
  CHECK(browser.sign_in("grace")->status == 200);  // others are not locked out
  web.clock.advance(std::chrono::minutes(16));
  CHECK(browser.sign_in("ada")->status == 200);
}

TEST_CASE("signing in and failing to is written down, but never a mistyped name") {
  Web web;
  web.add_user("ada", store::Role::owner);
  auto browser = web.browser();
  browser.sign_in("ada");
  browser.sign_in("ada", "wrong password");
  browser.sign_in("my-secret-password", "x");
  std::map<std::string, int> seen;
  for (const auto& entry : web.audit("")) ++seen[entry.action + " " + entry.who];
  CHECK(seen["session.began ada"] == 1);
  CHECK(seen["session.refused ada"] == 1);
  CHECK(seen["session.refused ?"] == 1);
}

TEST_CASE(
    "a body that is no JSON object, or of the wrong types, is refused with the field's name") {
  Web web;
  auto browser = web.browser();
  const auto status = [&](const std::string& body) {
    const auto answer = browser.post("/api/v1/session", body);
    REQUIRE(answer);
    return answer->status;
  };
  CHECK(status("") == 400);
  CHECK(status("{") == 400);
  CHECK(status("[1,2]") == 400);
  CHECK(status(std::string(20000, '[')) == 400);
  CHECK(status(R"({"username": 5, "password": "x"})") == 422);
  CHECK(status(R"({"username": "ada"})") == 422);
  CHECK(status(R"({"username": "ada", "password": ")" + std::string(2000, 'x') + "\"}") == 422);
  const auto answer = browser.post("/api/v1/session", R"({"username": "ada", "password": null})");
  CHECK(body_of(answer)["title"].get<std::string>().find("password") != std::string::npos);
}

TEST_CASE("the set-up link creates the owner once and signs in") {
  Web web;
  auto browser = web.browser();
  CHECK(body_of(browser.get("/api/v1/setup"))["needed"] == true);
  const std::string token = web.setup_token();

  CHECK(browser.post("/api/v1/setup", setup_body("wrong", "ada"))->status == 403);
  CHECK(browser.post("/api/v1/setup", setup_body(token, "ada", "short"))->status == 422);
  CHECK(browser.post("/api/v1/setup", setup_body(token, "a b\n"))->status == 422);
  const auto made = browser.post("/api/v1/setup", setup_body(token, "ada"));
  REQUIRE(made);
  REQUIRE(made->status == 201);
  browser.keep(made);
  CHECK(body_of(browser.get("/api/v1/session"))["user"]["role"] == "owner");

  CHECK(browser.post("/api/v1/setup", setup_body(token, "eve"))->status == 409);
  CHECK(body_of(browser.get("/api/v1/setup"))["needed"] == false);
}

TEST_CASE("a set-up link is good for an hour") {
  Web web;
  const std::string token = web.setup_token();
  web.clock.advance(std::chrono::minutes(61));
  auto browser = web.browser();
  CHECK(browser.post("/api/v1/setup", setup_body(token, "ada"))->status == 403);
}

}  // namespace ringfort::testing
