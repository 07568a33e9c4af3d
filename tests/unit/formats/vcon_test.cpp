#include "formats/vcon.h"

#include <doctest/doctest.h>

#include "support/stored.h"
#include "util/text.h"

namespace ringfort::testing {
namespace {

std::string base64url(const std::string& bytes, std::size_t step) {
  formats::Base64Url encoder;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    out +=
        encoder.add(std::as_bytes(std::span(bytes).subspan(at, std::min(step, bytes.size() - at))));
  }
  return out + encoder.finish();
}

}  // namespace

TEST_CASE("base64url in pieces of any size is the same, without padding (RFC 4648 §10)") {
  for (const std::size_t step : {1U, 2U, 3U, 4U, 100U}) {
    CHECK(base64url("", step) == "");
    CHECK(base64url("f", step) == "Zg");
    CHECK(base64url("fo", step) == "Zm8");
    CHECK(base64url("foo", step) == "Zm9v");
    CHECK(base64url("foobar", step) == "Zm9vYmFy");
    CHECK(base64url("\xfb\xff\xfe", step) == "-__-");
  }
}

TEST_CASE("a call that nobody answered is an incomplete dialog with its reason") {
  auto call = answered_call(0);
  call.answered_at.reset();
  call.answered_by = {};
  call.outcome = domain::Outcome::busy;
  const auto made = formats::vcon({call, std::nullopt}, at(100), std::nullopt);
  CHECK(made["dialog"][0]["type"] == "incomplete");
  CHECK(made["dialog"][0]["disposition"] == "busy");
  CHECK(made["parties"][1]["tel"] == "tel:" + call.to.number);
  CHECK(made["analysis"].empty());
  CHECK(made["created_at"] == util::to_rfc3339(at(100)));
}

TEST_CASE("a withheld number is an anonymous party, and bytes that are no text do no harm") {
  auto call = answered_call(0);
  call.from = {};
  call.answered_by.name = "Ada \xff\xfe\x01";
  const auto made = formats::vcon({call, std::nullopt}, at(100), std::nullopt);
  CHECK(made["parties"][0]["name"] == "anonymous");
  CHECK_FALSE(made["parties"][0].contains("tel"));
  CHECK_NOTHROW(made.dump());
}

TEST_CASE("holding a call stands in the party's history") {
  auto call = answered_call(0);
  call.legs[1].id = "01890a5d-ac96-774b-bcce-b302099a8057";
  call.events.push_back({at(5), domain::EventKind::held, call.legs[1].id, ""});
  call.events.push_back({at(7), domain::EventKind::resumed, call.legs[1].id, ""});
  const auto history =
      formats::vcon({call, std::nullopt}, at(100), std::nullopt)["dialog"][0]["party_history"];
  REQUIRE(history.size() == 2);
  CHECK(history[0]["event"] == "hold");
  CHECK(history[0]["party"] == 1);
  CHECK(history[1]["event"] == "unhold");
}

TEST_CASE("the recording is written into the text where it belongs, and a reader may leave") {
  const auto call = answered_call(0);
  const auto recording = sealed_recording(call, 10);
  const formats::VconAudio audio{audio::AudioFormat::mp3, 1, "x.mp3", {}};
  const auto source = [](const audio::WriteOut& write) -> util::Result<void> {
    for (const std::string part : {"fo", "ob", "ar"}) {
      if (!write(std::as_bytes(std::span(part)))) return util::fail("The reader went away.");
    }
    return {};
  };
  std::string text;
  REQUIRE(
      formats::write_vcon({call, recording}, at(100), audio, source, [&](std::string_view part) {
        text += part;
        return true;
      }));
  const auto dialog = nlohmann::json::parse(text)["dialog"][0];
  CHECK(dialog["body"] == "Zm9vYmFy");
  CHECK(dialog["mediatype"] == "audio/x-mp3");
  CHECK(dialog["filename"] == "x.mp3");
  CHECK(dialog["duration"] == 10.0);
  int left = 2;
  CHECK_FALSE(formats::write_vcon({call, recording}, at(100), audio, source,
                                  [&](std::string_view) { return --left > 0; }));
}

}  // namespace ringfort::testing
