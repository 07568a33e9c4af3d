// Audio over HTTP: ranges, formats, names, and who is written down.
#include <filesystem>

#include "support/changed_byte.h"
#include "unit/http/web.h"

namespace ringfort::testing {
namespace {

std::string audio_path(const SealedCall& call, const std::string& more = "") {
  return "/api/v1/calls/" + call.call.id + "/recording" + more;
}

int count(const std::vector<store::AuditEntry>& entries, const std::string& action) {
  int out = 0;
  for (const auto& each : entries) out += each.action == action ? 1 : 0;
  return out;
}

}  // namespace

TEST_CASE("a recording is sent whole or in part, byte for byte as it is stored") {
  Web web;
  const auto call = web.calls.add();
  const std::string plain = web.calls.plain(call.recording);
  auto browser = web.signed_in();
  const auto whole = browser.get(audio_path(call));
  REQUIRE(whole);
  CHECK(whole->status == 200);
  CHECK(whole->body == plain);
  CHECK(whole->get_header_value("Content-Type") == "audio/ogg");
  const auto part = browser.get(audio_path(call), {{"Range", "bytes=100-299"}});
  REQUIRE(part);
  CHECK(part->status == 206);
  CHECK(part->body == plain.substr(100, 200));
  CHECK(part->get_header_value("Content-Range") == "bytes 100-299/" + std::to_string(plain.size()));
  const auto tail = browser.get(audio_path(call), {{"Range", "bytes=-50"}});
  REQUIRE(tail);
  CHECK(tail->body == plain.substr(plain.size() - 50));
  const auto beyond =
      browser.get(audio_path(call), {{"Range", "bytes=" + std::to_string(plain.size()) + "-"}});
  REQUIRE(beyond);
  CHECK(beyond->status == 416);
  const auto etag = whole->get_header_value("ETag");
  CHECK(browser.get(audio_path(call), {{"If-None-Match", etag}})->status == 304);
  const auto other =
      browser.get(audio_path(call), {{"Range", "bytes=0-9"}, {"If-Range", "\"another\""}});
  CHECK(other->status == 200);
}

TEST_CASE("hostile ranges get the whole, a refusal or nothing, but never what is not there") {
  Web web;
  const auto call = web.calls.add();
  const auto size = web.calls.plain(call.recording).size();
  auto browser = web.signed_in();
  for (const std::string range :
       {"bytes=-", "bytes=5-1", "bytes=99999999999999999999-", "bytes=0-99999999999999999999",
        "bytes=--5", "bytes=0-1,2-3,4-5", "chapters=1-2", "bytes=0x1-0x2", "bytes= 1 - 2",
        "bytes=18446744073709551615-18446744073709551615", "bytes=-18446744073709551615"}) {
    CAPTURE(range);
    const auto answer = browser.get(audio_path(call), {{"Range", range}});
    REQUIRE(answer);
    const bool known = answer->status == 200 || answer->status == 206 || answer->status == 416;
    CHECK(known);
    if (answer->status == 200) CHECK(answer->body.size() == size);
    if (answer->status == 206) CHECK(answer->body.size() <= size);
  }
}

TEST_CASE("each format is sent with its type, and a download is named after the call") {
  Web web;
  const auto call = web.calls.add();
  auto browser = web.signed_in();
  const std::pair<const char*, const char*> formats[] = {{"opus", "audio/ogg"},
                                                         {"ogg", "audio/ogg"},
                                                         {"wav", "audio/wav"},
                                                         {"mp3", "audio/mpeg"},
                                                         {"aac", "audio/mp4"}};
  for (const auto& [format, type] : formats) {
    for (const char* channels : {"1", "2"}) {
      CAPTURE(format);
      CAPTURE(channels);
      const auto answer = browser.get(
          audio_path(call, "?download=1&format=" + std::string(format) + "&channels=" + channels));
      REQUIRE(answer);
      CHECK(answer->status == 200);
      CHECK(answer->get_header_value("Content-Type") == type);
      CHECK(answer->body.size() > 1000);
      const std::string name = answer->get_header_value("Content-Disposition");
      CHECK(name.find(call.call.id) != std::string::npos);
      CHECK(answer->body.find("4930123456") == std::string::npos);
      CHECK(name.find("4930123456") == std::string::npos);
    }
  }
  const auto named = browser.get(audio_path(call, "?download=1&numbers=1"));
  CHECK(named->get_header_value("Content-Disposition").find("+4930123456") != std::string::npos);
  CHECK(named->body.find("+4930123456") != std::string::npos);
  CHECK(browser.get(audio_path(call, "?format=aiff"))->status == 400);
  CHECK(browser.get(audio_path(call, "?channels=3"))->status == 400);
}

TEST_CASE("listening and downloading are written down before, each with its name") {
  Web web;
  const auto call = web.calls.add();
  auto browser = web.signed_in();
  browser.get(audio_path(call));
  browser.get(audio_path(call), {{"Range", "bytes=0-9"}});
  auto entries = web.audit(call.recording.id);
  CHECK(count(entries, "recording.played") == 1);  // a player's ranges are one listening
  browser.get(audio_path(call, "?download=1"));
  browser.get(audio_path(call, "?download=1"));
  CHECK(count(web.audit(call.recording.id), "recording.downloaded") == 2);
}

TEST_CASE("damage that shows while a recording is played is marked and told at once, and once") {
  Web web;
  const auto call = web.calls.add();
  auto browser = web.signed_in();
  const auto look = [&] {
    return body_of(browser.get("/api/v1/calls/" + call.call.id))["recording"]["damage"];
  };
  REQUIRE(browser.get(audio_path(call))->status == 200);
  CHECK(look().is_null());
  const auto path = web.calls.path(call.recording);
  SUBCASE("a changed chunk, as it is stored") {
    change_byte(path);
    browser.get(audio_path(call));
    browser.get(audio_path(call));
    CHECK(look()["kind"] == "changed");
  }
  SUBCASE("a changed chunk, converted") {
    change_byte(path);
    browser.get(audio_path(call, "?format=wav"));
    CHECK(look()["kind"] == "changed");
  }
  SUBCASE("a file that was removed") {
    std::filesystem::remove(path);
    browser.get(audio_path(call));
    CHECK(look()["kind"] == "removed");
  }
  SUBCASE("a key that is not there") {
    web.calls.keys.destroy(call.recording.id);
    browser.get(audio_path(call));
    CHECK(look()["kind"] == "key_missing");
  }
  REQUIRE(web.alarms.size() == 1);
  CHECK(web.alarms[0].name == "recording.damaged");
  CHECK(web.alarms[0].call == call.call.id);
}

TEST_CASE("staff hear a call, but do not download it") {
  Web web;
  const auto call = web.calls.add();
  auto staff = web.signed_in(store::Role::staff);
  CHECK(staff.get(audio_path(call))->status == 200);
  CHECK(staff.get(audio_path(call, "?download=1"))->status == 403);
  CHECK(staff.get("/api/v1/calls/" + call.call.id + "/vcon")->status == 403);
}

TEST_CASE("a recording whose key is gone, or of another call, is refused in plain words") {
  Web web;
  const auto call = web.calls.add();
  web.calls.keys.destroy(call.recording.id);
  auto browser = web.signed_in();
  CHECK(browser.get(audio_path(call))->status == 410);
  CHECK(browser.get("/api/v1/calls/01900000-0000-7000-8000-000000000000/recording")->status == 404);
  CHECK(browser.get("/api/v1/calls/..%2f..%2fetc/recording")->status == 404);
}

TEST_CASE("a vCon names the parties and holds the recording") {
  Web web;
  const auto call = web.calls.add();
  auto browser = web.signed_in();
  const std::string path = "/api/v1/calls/" + call.call.id + "/vcon";
  const auto plain = body_of(browser.get(path));
  CHECK(plain["vcon"] == "0.4.0");
  CHECK(plain["parties"][0]["tel"] == "tel:+4930123456");
  CHECK(plain["parties"][1]["name"] == "Ada Byron");
  CHECK(plain["dialog"].size() == 1);
  CHECK_FALSE(plain["dialog"][0].contains("body"));
  CHECK(count(web.audit(call.call.id), "recording.exported") == 1);
  const auto full = body_of(browser.get(path + "?audio=1"));
  const auto dialog = full["dialog"][0];
  CHECK(dialog["type"] == "recording");
  CHECK(dialog["mediatype"] == "audio/ogg");
  CHECK(dialog["encoding"] == "base64url");
  CHECK(dialog["duration"] == 2.0);
  CHECK(dialog["parties"] == nlohmann::json::array({0, 1}));
  const std::string body = dialog["body"];
  CHECK(body.starts_with("T2dnU"));  // "OggS"
  CHECK(
      body.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
      std::string::npos);
  CHECK(count(web.audit(call.recording.id), "recording.exported") == 1);
}

}  // namespace ringfort::testing
