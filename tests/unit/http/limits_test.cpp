// What is too large, too many or for others' eyes.
#include "unit/http/web.h"

namespace ringfort::testing {

TEST_CASE("a body that is too large is refused, and so is a long path") {
  Web web;
  auto browser = web.signed_in();
  const auto large = browser.post("/api/v1/exports", std::string(100'000, 'x'));
  if (large) CHECK(large->status == 413);
  auto again = web.signed_in();
  const auto far = again.get("/api/v1/" + std::string(3000, 'a'));
  REQUIRE(far);
  CHECK(far->status == 414);
}

TEST_CASE("a user opens only so many live pages") {
  Web web(64);
  auto browser = web.signed_in();
  std::atomic<bool> stop{false};
  std::atomic<int> open{0}, refused{0};
  std::vector<std::thread> pages;
  for (int i = 0; i < 16; ++i) {
    pages.emplace_back([&] {
      auto page = web.browser();
      page.raw().Get(
          "/api/v1/events", {{"Cookie", browser.cookie()}},
          [&](const httplib::Response& response) {
            ++(response.status == 200 ? open : refused);
            return response.status == 200;
          },
          [&](const char*, std::size_t) { return !stop.load(); });
    });
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (open + refused < 16 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(open + refused == 16);
  CHECK(refused == 4);
  CHECK(open == 12);
  stop = true;
  web.server.reset();  // ends the streams
  for (auto& page : pages) page.join();
}

TEST_CASE("metrics hold no number of anybody") {
  Web web;
  web.calls.add();
  auto browser = web.signed_in();
  browser.get("/api/v1/calls?number=4930123456");
  const auto answer = browser.get("/metrics");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body.find("4930123456") == std::string::npos);
  CHECK(answer->body.find("Byron") == std::string::npos);
}

}  // namespace ringfort::testing
