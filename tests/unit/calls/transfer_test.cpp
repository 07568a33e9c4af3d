// Who sits where after a transfer, who is told what, and what the records say. The SIP side is a
// fake; media engine and recorder are the real ones.
#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include <doctest/doctest.h>
#include <unistd.h>

#include "calls/switchboard.h"
#include "support/fake_stack.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;
using test::FakeLeg;
using test::FakeStack;
using test::LegTrace;
using Trace = std::shared_ptr<LegTrace>;

struct Keys final : recording::KeyStore {
  void put(const std::string& item, std::string wrapped) override {
    const std::lock_guard lock(mutex);
    kept[item] = std::move(wrapped);
  }
  std::optional<std::string> get(const std::string& item) override {
    const std::lock_guard lock(mutex);
    const auto found = kept.find(item);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  }
  void destroy(const std::string& item) override {
    const std::lock_guard lock(mutex);
    kept.erase(item);
  }
  std::mutex mutex;
  std::map<std::string, std::string> kept;
};

sip::SessionDescription sdp(int port) {
  sip::LocalMedia local;
  local.address = "127.0.0.1";
  local.port = static_cast<std::uint16_t>(port);
  local.codecs = {"pcmu"};
  return sip::make_offer(local);
}

// Three extensions and a carrier; every leg has a Call-ID of its own.
struct Office {
  Office() {
    util::crypto_start();
    std::filesystem::create_directories(folder + "/spool");
    std::filesystem::create_directories(folder + "/vault");
    auto& d = config.directory;
    for (const auto& [number, name] :
         {std::pair{"101", "Ada Byron"}, {"102", "Ben Carter"}, {"103", "Cleo Dunn"}}) {
      domain::Extension extension;
      extension.number = number;
      extension.name = name;
      d.extensions.push_back(extension);
      domain::Binding binding;
      binding.extension = number;
      binding.contact = binding.received = "sip:" + std::string(number) + "@127.0.0.1:5070";
      stack.bindings[number] = {binding};
    }
    d.ring_time = std::chrono::seconds(20);
    domain::Trunk trunk;
    trunk.name = "carrier";
    d.trunks.push_back(trunk);
    domain::InboundNumber number;
    number.number = "+4930123450";
    number.route = {domain::Route::Kind::extension, "101"};
    d.numbers.push_back(number);
    config.media.first_port = 34500;
    config.media.last_port = 34900;
    config.media.threads = 2;
    engine.emplace(config.media, media::Hooks{}, metrics);
    recorder.emplace(
        recording::RecorderSettings{folder + "/spool", folder + "/vault", config::AudioFile::opus,
                                    0},
        tenant, keys, *disk, engine->tap_rings(), [](domain::Event) {}, clock, metrics);
    board.emplace(
        config, stack, *engine, *recorder, prompts, [this](domain::Event e) { keep(e); }, clock,
        metrics);
  }
  ~Office() {
    board.reset();
    recorder.reset();
    engine.reset();
    std::filesystem::remove_all(folder);
  }

  void keep(const domain::Event& event) {
    if (const auto* change = std::get_if<domain::CallChanged>(&event)) {
      records[change->call.id] = change->call;
      newest = change->call.id;
    }
  }

  Trace leg(const std::string& call_id) {
    auto trace = std::make_shared<LegTrace>();
    trace->call_id = call_id;
    return trace;
  }
  // An incoming leg; its call rings the target.
  Trace dial(const std::string& from, const std::string& number,
             std::optional<sip::DialogName> replaces = {}) {
    auto trace = leg("in-" + std::to_string(++legs));
    sip::IncomingCall call;
    call.leg = std::make_unique<FakeLeg>(trace);
    if (from == "carrier") {
      call.trunk = from;
      call.from.number = call.from.raw = "+4930987654";
    } else {
      call.extension = from;
    }
    call.dialled = number;
    call.offer = sdp(40000);
    call.replaces = std::move(replaces);
    board->take(std::move(call));
    return trace;
  }
  // The phone that was rung last picks up.
  Trace answer() {
    auto trace = stack.dialled.back();
    trace->call_id = "out-" + std::to_string(++legs);
    trace->listener->on_answered(*trace->leg, sdp(40002));
    return trace;
  }
  static void refer(const Trace& by, const std::string& to, const Trace& instead_of = nullptr) {
    sip::Referral referral{to, {}};
    if (instead_of) referral.replaces = sip::DialogName{instead_of->call_id, "a", "b", false};
    by->listener->on_refer(*by->leg, referral);
  }
  static void ended(const Trace& leg, int status = 200) {
    leg->listener->on_ended(*leg->leg, {status, 16, "the peer said so", true});
  }
  std::vector<std::string> details(const std::string& id, domain::EventKind kind) const {
    std::vector<std::string> out;
    for (const auto& event : records.at(id).events) {
      if (event.kind == kind) out.push_back(event.detail);
    }
    return out;
  }

  const std::string folder =
      (std::filesystem::temp_directory_path() / ("ringfort-transfer-" + std::to_string(getpid())))
          .string();
  config::Config config;
  util::SystemClock clock;
  util::Metrics metrics;
  std::unique_ptr<util::Disk> disk = util::make_disk();
  Keys keys;
  const recording::TenantKeys tenant{util::Key::random()};
  FakeStack stack;
  media::PromptStore prompts{folder};
  std::optional<media::Engine> engine;
  std::optional<recording::Recorder> recorder;
  std::optional<calls::Switchboard> board;
  std::map<domain::CallId, domain::Call> records;
  domain::CallId newest;
  int legs = 0;
};

using domain::EventKind;

}  // namespace

TEST_CASE("a blind transfer rings the target while the call goes on, and then takes the seat") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.newest;
  Office::refer(callee, "103");
  CHECK(callee->did("accept refer"));
  REQUIRE(office.stack.dialled.size() == 2);
  const auto& request = office.stack.dialled.back()->request;
  CHECK(request.from_number == "101");  // who the target will talk to
  CHECK(request.referred_by == "102");
  auto& rung = *office.stack.dialled.back();
  rung.listener->on_progress(*rung.leg, 180, std::nullopt);
  CHECK(callee->did("tell 180"));
  Office::refer(callee, "103");  // one at a time
  CHECK(callee->did("refuse refer 491"));
  office.answer();
  CHECK(callee->did("tell 200"));
  CHECK(office.details(id, EventKind::transferred) ==
        std::vector<std::string>{"Ben Carter transferred the call to Cleo Dunn."});
  CHECK_FALSE(callee->did("end 200"));  // has a moment to hang up by itself
  office.stack.fire_timers();
  CHECK(callee->did("end 200"));
  Office::ended(callee);
  CHECK_FALSE(caller->did("end 200"));
  Office::ended(caller);
  CHECK(office.records.at(id).ended_by == "caller");
  CHECK(office.details(id, EventKind::recording_started).size() == 1);
}

TEST_CASE("a blind transfer that fails leaves the call as it was") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.newest;
  Office::refer(caller, "103");
  Office::ended(office.stack.dialled.back(), 486);
  CHECK(caller->did("tell 486"));
  Office::refer(caller, "999");
  CHECK(caller->did("tell 404"));
  CHECK(office.details(id, EventKind::transfer_failed).size() == 2);
  CHECK_FALSE(office.records.at(id).ended_at);
  CHECK_FALSE(callee->did("end 200"));
}

TEST_CASE("a transferor that is gone leaves the other side to the target, or to nobody") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    Office office;
    const auto caller = office.dial("101", "102");
    const auto callee = office.answer();
    const auto id = office.newest;
    Office::refer(callee, "103");
    Office::ended(callee);
    CHECK_FALSE(office.records.at(id).ended_at);
    if (answers) {
      office.answer();
      CHECK_FALSE(office.records.at(id).ended_at);
    } else {
      Office::ended(office.stack.dialled.back(), 486);
      CHECK(office.records.at(id).ended_at);
      CHECK(caller->did("end 486"));
    }
  }
}

TEST_CASE("who hangs up during a transfer that they wait for ends all of it") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  Office::refer(callee, "103");
  Office::ended(caller);
  CHECK(callee->did("tell 487"));
  CHECK(office.stack.dialled.back()->asked.back().starts_with("end"));
}

TEST_CASE("an attended transfer joins two calls: the older one and its recording go on") {
  for (const bool in_first : {true, false}) {
    CAPTURE(in_first);
    Office office;
    const auto outside = office.dial("carrier", "+4930123450");
    const auto ada = office.answer();
    const auto first = office.newest;
    const auto asking = office.dial("101", "102");
    const auto ben = office.answer();
    const auto second = office.newest;
    REQUIRE(first != second);
    const auto& told = in_first ? ada : asking;
    Office::refer(told, "102", in_first ? asking : ada);
    CHECK(told->did("tell 200"));
    CHECK(asking->did("end 200"));
    CHECK(office.records.at(second).ended_at);
    CHECK_FALSE(office.records.at(first).ended_at);
    CHECK(office.details(first, EventKind::transferred).at(0).find(second) != std::string::npos);
    CHECK(office.details(second, EventKind::transferred).at(0).find(first) != std::string::npos);
    CHECK(office.records.at(second).ended_by == "caller");
    CHECK(office.details(first, EventKind::recording_ended).empty());
    Office::ended(ben);  // Ben is in the first call now
    CHECK(outside->did("end 200"));
    CHECK(office.records.at(first).ended_by == "callee");
  }
}

TEST_CASE("nobody transfers what is not theirs") {
  Office office;
  const auto outside = office.dial("carrier", "+4930123450");
  const auto ada = office.answer();
  Office::refer(outside, "102");
  CHECK(outside->did("refuse refer 603"));
  const auto cleo = office.dial("103", "102");
  const auto ben = office.answer();
  Office::refer(cleo, "101", ada);
  CHECK(cleo->did("refuse refer 603"));
  Office::refer(ben, "103", ben);  // its own dialog
  CHECK(ben->did("refuse refer 603"));
  auto nowhere = office.leg("nowhere");
  Office::refer(cleo, "101", nowhere);
  CHECK(cleo->did("tell 481"));
}

TEST_CASE("only another phone of the same extension takes a call over") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto desk = office.answer();
  const auto id = office.newest;
  const sip::DialogName name{desk->call_id, "a", "b", false};
  CHECK(office.dial("103", "101", name)->did("end 603"));
  CHECK(office.dial("102", "101", sip::DialogName{"guessed", "a", "b", false})->did("end 481"));
  const auto mobile = office.dial("102", "101", name);
  CHECK(mobile->did("answer"));
  CHECK(desk->did("end 200"));
  Office::ended(desk);
  CHECK_FALSE(office.records.at(id).ended_at);
  Office::ended(mobile);
  CHECK(caller->did("end 200"));
}

TEST_CASE("the recording ends with whoever must not be recorded, and begins with whoever must") {
  Office office;
  office.config.directory.extensions[2].recording = domain::RecordingMode::never;
  office.config.directory.extensions[1].recording = domain::RecordingMode::always;
  office.board->set_directory(std::make_shared<const domain::Directory>(office.config.directory));
  office.dial("101", "102");
  auto callee = office.answer();
  auto id = office.newest;
  Office::refer(callee, "103");
  office.answer();
  REQUIRE(office.details(id, EventKind::recording_ended).size() == 1);
  CHECK(office.details(id, EventKind::recording_ended)[0].find("103") != std::string::npos);

  office.dial("101", "103");
  callee = office.answer();
  id = office.newest;
  CHECK(office.details(id, EventKind::recording_started).empty());
  Office::refer(callee, "102");
  office.answer();
  CHECK(office.details(id, EventKind::recording_started).size() == 1);
  CHECK(office.records.at(id).recording.verdict == domain::RecordingDecision::Verdict::record);
}

TEST_CASE("transfers of one call come to an end") {
  Office office;
  office.dial("101", "102");
  const auto callee = office.answer();
  for (int n = 0; n < 40; ++n) Office::refer(callee, "999");
  CHECK(callee->did("refuse refer 603"));
  CHECK(std::count(callee->asked.begin(), callee->asked.end(), "accept refer") == 20);
}

TEST_CASE("nobody is put through into a call that is itself being transferred") {
  for (const bool consultant_left : {true, false}) {
    for (const bool in_first : {true, false}) {
      CAPTURE(consultant_left);
      CAPTURE(in_first);
      Office office;
      const auto outside = office.dial("carrier", "+4930123450");
      const auto ada = office.answer();
      const auto first = office.newest;
      const auto asking = office.dial("101", "102");
      const auto ben = office.answer();
      const auto second = office.newest;
      Office::refer(ben, "103");  // Ben sends Ada on, and may not wait
      const auto cleo = office.stack.dialled.back();
      if (consultant_left) Office::ended(ben);
      const auto& told = in_first ? ada : asking;
      Office::refer(told, "102", in_first ? asking : ada);
      CHECK(told->did("refuse refer 491"));
      cleo->listener->on_answered(*cleo->leg, sdp(40004));
      CHECK_FALSE(office.records.at(first).ended_at);
      CHECK_FALSE(office.records.at(second).ended_at);
      Office::refer(told, "103", in_first ? asking : ada);  // now somebody is there
      CHECK(told->did("tell 200"));
      CHECK(office.records.at(second).ended_at);
      Office::ended(cleo);
      CHECK(outside->did("end 200"));
    }
  }
}

TEST_CASE("an older call that is being transferred takes nobody in meanwhile") {
  Office office;
  const auto outside = office.dial("carrier", "+4930123450");
  const auto ada = office.answer();
  const auto first = office.newest;
  const auto asking = office.dial("101", "102");
  const auto ben = office.answer();
  Office::refer(ada, "103");
  const auto cleo = office.stack.dialled.back();
  Office::refer(asking, "101", ada);
  CHECK(asking->did("refuse refer 491"));
  CHECK_FALSE(ben->did("end 200"));
  cleo->listener->on_answered(*cleo->leg, sdp(40004));
  CHECK(ada->did("tell 200"));
  CHECK_FALSE(office.records.at(first).ended_at);
  Office::ended(cleo);
  CHECK(outside->did("end 200"));
}

TEST_CASE("the phone that transfers a call keeps it until the transfer is done") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto desk = office.answer();
  const sip::DialogName name{desk->call_id, "a", "b", false};
  Office::refer(desk, "103");
  const auto cleo = office.stack.dialled.back();
  CHECK(office.dial("102", "101", name)->did("end 491"));
  CHECK_FALSE(desk->did("end 200"));
  cleo->listener->on_progress(*cleo->leg, 180, std::nullopt);
  CHECK(desk->did("tell 180"));
  // The other side may go on with another phone.
  const auto mobile = office.dial("101", "102", sip::DialogName{caller->call_id, "a", "b", false});
  CHECK(mobile->did("answer"));
  Office::ended(caller);
  Office::ended(cleo, 486);
  CHECK(desk->did("tell 486"));
  CHECK(office.dial("102", "101", name)->did("answer"));
  Office::ended(desk);
  CHECK_FALSE(mobile->did("end 200"));
}

TEST_CASE("after very many legs it is still known who must not be recorded") {
  Office office;
  office.config.directory.extensions[2].recording = domain::RecordingMode::never;
  office.board->set_directory(std::make_shared<const domain::Directory>(office.config.directory));
  auto& phones = office.stack.bindings["103"];
  for (int n = 1; n < 5; ++n) phones.push_back(phones.front());
  office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.newest;
  for (int n = 0; n < 15; ++n) {
    const auto rung = office.stack.dialled.size();
    Office::refer(callee, "103");
    REQUIRE(office.stack.dialled.size() == rung + phones.size());
    for (std::size_t k = rung; k < office.stack.dialled.size(); ++k) {
      Office::ended(office.stack.dialled[k], 486);
    }
  }
  CHECK(office.records.at(id).legs.size() == 64);
  CHECK(office.details(id, EventKind::recording_ended).empty());
  Office::refer(callee, "103");
  office.answer();
  const auto& legs = office.records.at(id).legs;
  CHECK(legs.size() == 64);
  CHECK(legs.front().caller);
  CHECK(office.details(id, EventKind::recording_ended).size() == 1);
  CHECK(office.details(id, EventKind::transferred) ==
        std::vector<std::string>{"Ben Carter transferred the call to Cleo Dunn."});
}

TEST_CASE("a call changes phones only so many times") {
  Office office;
  office.dial("101", "102");
  auto phone = office.answer();
  int taken = 0;
  for (; taken < 40; ++taken) {
    const sip::DialogName name{phone->call_id, "a", "b", false};
    const auto next = office.dial("102", "101", name);
    if (!next->did("answer")) {
      CHECK(next->did("end 603"));
      break;
    }
    Office::ended(phone);
    phone = next;
  }
  CHECK(taken == 20);
}
