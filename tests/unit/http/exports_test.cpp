// Exports over HTTP: ordered, watched and fetched by one user.
#include "unit/http/web.h"

namespace ringfort::testing {
namespace {

std::string ordered(Browser& browser, const std::string& body = "{}") {
  const auto answer = browser.post("/api/v1/exports", body);
  REQUIRE(answer);
  REQUIRE(answer->status == 201);
  return "/api/v1/exports/" + nlohmann::json::parse(answer->body)["id"].get<std::string>();
}

}  // namespace

TEST_CASE("an export says what it will hold, how far it is, and is a ZIP archive") {
  Web web;
  const auto first = web.calls.add(0);
  web.calls.add(100);
  web.clock.advance(std::chrono::hours(1));
  auto browser = web.signed_in();
  const auto made = browser.post("/api/v1/exports", R"({"format": "mp3", "channels": 1})");
  REQUIRE(made);
  CHECK(made->status == 201);
  const auto order = body_of(made);
  CHECK(order["calls"] == 2);
  CHECK(order["seconds"] == 4.0);
  const std::string path = "/api/v1/exports/" + order["id"].get<std::string>();
  CHECK(body_of(browser.get(path))["state"] == "ready");
  const auto archive = browser.get(path + "/archive");
  REQUIRE(archive);
  CHECK(archive->status == 200);
  CHECK(archive->get_header_value("Content-Type") == "application/zip");
  CHECK(archive->body.starts_with("PK\x03\x04"));
  CHECK(archive->body.find(first.call.id + ".mp3") != std::string::npos);
  CHECK(archive->body.find("index.csv") != std::string::npos);
  const auto after = body_of(browser.get(path));
  CHECK(after["state"] == "done");
  CHECK(after["done"] == 2);
  CHECK(after["bytes"] == archive->body.size());
  CHECK(web.audit(first.recording.id).size() == 1);
}

TEST_CASE("the list's filters choose what is exported, and bad ones are refused") {
  Web web;
  web.calls.add(0);
  web.calls.add(5000);
  web.clock.advance(std::chrono::hours(3));
  auto browser = web.signed_in();
  const auto calls = [&](const nlohmann::json& body) {
    return body_of(browser.post("/api/v1/exports", body.dump()))["calls"];
  };
  CHECK(calls({{"from", util::to_rfc3339(at(4000))}}) == 1);
  CHECK(calls({{"number", "4930123456"}}) == 2);
  CHECK(calls({{"number", "999888777"}}) == 0);
  for (const char* body :
       {R"({"from": "yesterday"})", R"({"from": 5})", R"({"direction": "sideways"})",
        R"({"format": "exe"})", R"({"format": 7})", R"({"channels": 3})", R"({"channels": "2"})",
        R"({"numbers": "yes"})", "[]", "{"}) {
    CAPTURE(body);
    CHECK(browser.post("/api/v1/exports", body)->status == 400);
  }
}

TEST_CASE("an export belongs to the user who ordered it") {
  Web web;
  web.calls.add();
  auto owner = web.signed_in();
  const auto path = ordered(owner);
  auto other = web.signed_in();
  CHECK(other.get(path)->status == 404);
  CHECK(other.get(path + "/archive")->status == 404);
  CHECK(owner.get(path)->status == 200);
}

TEST_CASE("an export stops when its reader goes away, and can be fetched again") {
  Web web;
  for (int i = 0; i < 30; ++i) web.calls.add(i);
  web.clock.advance(std::chrono::hours(1));
  auto browser = web.signed_in();
  const auto path = ordered(browser, R"({"format": "wav"})");
  auto impatient = web.browser();
  impatient.raw().Get((path + "/archive").c_str(), {{"Cookie", browser.cookie()}},
                      [](const char*, std::size_t) { return false; });
  impatient.raw().stop();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::string state = "running";
  while (state == "running" && std::chrono::steady_clock::now() < limit) {
    state = body_of(browser.get(path))["state"];
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const bool over = state == "stopped" || state == "done";  // small ones fit into the buffers
  CHECK_MESSAGE(over, state);
  CHECK(browser.get(path + "/archive")->body.find("index.json") != std::string::npos);
}

TEST_CASE("an export does not keep the server from stopping") {
  Web web;
  std::vector<SealedCall> calls;
  for (int i = 0; i < 200; ++i) calls.push_back(web.calls.seal(i));
  web.calls.save(calls);
  web.clock.advance(std::chrono::hours(1));
  auto browser = web.signed_in();
  const auto path = ordered(browser, R"({"format": "wav"})");
  auto reader = web.browser();
  std::atomic<std::size_t> received{0};
  std::thread slow([&] {
    reader.raw().Get((path + "/archive").c_str(), {{"Cookie", browser.cookie()}},
                     [&](const char*, std::size_t length) {
                       received += length;
                       std::this_thread::sleep_for(std::chrono::milliseconds(5));
                       return true;
                     });
  });
  while (received < 100'000) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  web.server.reset();
  slow.join();
  CHECK(received < 200 * 64'000);
}

TEST_CASE("a user keeps only so many exports: the oldest goes") {
  Web web;
  auto browser = web.signed_in();
  const auto first = ordered(browser);
  for (std::size_t i = 0; i < http::Exports::most_of_user; ++i) {
    web.clock.advance(std::chrono::seconds(1));
    ordered(browser);
  }
  CHECK(browser.get(first)->status == 404);
}

}  // namespace ringfort::testing
