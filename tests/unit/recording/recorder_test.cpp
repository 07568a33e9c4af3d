// The whole road: frames in a ring, a sealed recording in the vault, whatever happens between.
#include <cstdlib>
#include <filesystem>

#include "studio.h"

namespace ringfort::testing {

TEST_CASE("a call is recorded, finished and sealed, and its spool is gone") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  CHECK(studio.recorder->unfinished() == 1);
  studio.push(started.number, both_speak(3000));
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto recordings = studio.ear.recordings();
  REQUIRE(recordings.size() == 3);
  CHECK(recordings[0].state == RecordingState::recording);
  CHECK(recordings[1].state == RecordingState::finishing);
  const auto& sealed = recordings[2];
  CHECK(sealed.state == RecordingState::sealed);
  CHECK(sealed.id == started.id);
  CHECK(sealed.call == "01890a5d-ac96-774b-bcce-b302099a8058");
  CHECK_FALSE(sealed.cut);
  CHECK(sealed.reason.empty());
  CHECK(std::abs(sealed.length.count() - 3000) <= 40);
  CHECK(sealed.format == "opus");
  CHECK(sealed.sample_rate == 8000);
  CHECK(sealed.path == "2026/11/18/" + started.id);
  CHECK(sealed.hash == util::sha256_hex(disk.content("vault/" + sealed.path)));
  CHECK(sealed.bytes == disk.content("vault/" + sealed.path).size());
  CHECK(sealed.gone_at == sealed.started_at + std::chrono::days(90));
  const Audio audio = studio.listen(disk, sealed);
  CHECK(level(audio.left, audio.rate, 1000, 500, 2500) > 5500);
  CHECK(level(audio.right, audio.rate, 440, 500, 2500) > 5500);
  CHECK(eventually([&] { return disk.paths().size() == 1; }));
  CHECK(studio.ear.alarms().empty());
}

TEST_CASE("keys are kept out from the moment on that it is asked for, also in the middle") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  Voice voice{0, media::TapCodec::pcmu, 300};
  studio.push(started.number, speak(voice, 0, 2000));
  studio.recorder->mask_dtmf(started.id);
  voice.hertz = 770, voice.second_hertz = 1336;  // the "5"
  studio.push(started.number, speak(voice, 2000, 4000));
  studio.push(started.number, {mark(media::TapKind::end, 4000)});
  REQUIRE(studio.recorder->wait_finished(patience));
  const Audio audio = studio.listen(disk, studio.ear.last(RecordingState::sealed).value());
  CHECK(level(audio.left, audio.rate, 300, 200, 1700) > 4000);
  CHECK(level(audio.left, audio.rate, 770, 2000, 3900) < 600);
}

TEST_CASE("on a full machine a call that runs waits for its encoder, and one that ended does not") {
  FaultyDisk disk;
  auto full = settings();
  full.machine_is_full = [] { return true; };
  Studio studio(disk, full);
  const auto first = studio.start();
  studio.push(first.number, both_speak(3000, false));
  const auto running = studio.start();
  studio.push(running.number, both_speak(3000, false));
  REQUIRE(studio.spool_grew_beyond(running.id, 30000));
  const auto drafted = [&](const auto& call) { return disk.exists("spool/" + call.id + ".draft"); };
  REQUIRE(eventually([&] { return drafted(first); }));  // each turn one has its share
  const auto ended = studio.start();
  studio.push(ended.number, both_speak(3000));
  REQUIRE(eventually([&] { return studio.ear.last(RecordingState::sealed).has_value(); }));
  CHECK(studio.ear.last(RecordingState::sealed)->id == ended.id);
  CHECK(!drafted(running));
}

TEST_CASE("only so many calls are encoded while they run; the next has its turn when one ends") {
  FaultyDisk disk;
  auto few = settings();
  few.machine_is_full = [] { return false; };
  few.most_live_encoders = 2;
  Studio studio(disk, few);
  std::vector<recording::Started> calls;
  for (int n = 0; n < 3; ++n) {
    calls.push_back(studio.start());
    studio.push(calls.back().number, both_speak(3000, false));
    REQUIRE(studio.spool_grew_beyond(calls.back().id, 30000));
  }
  const auto drafted = [&](const auto& call) { return disk.exists("spool/" + call.id + ".draft"); };
  const auto number = [&] { return std::count_if(calls.begin(), calls.end(), drafted); };
  REQUIRE(eventually([&] { return number() == 2; }));
  std::this_thread::sleep_for(1200ms);  // two turns of the encoder
  REQUIRE(number() == 2);
  const auto passed_over = *std::find_if_not(calls.begin(), calls.end(), drafted);
  const auto first = *std::find_if(calls.begin(), calls.end(), drafted);
  studio.push(first.number, both_speak(100));
  CHECK(eventually([&] { return drafted(passed_over); }));
  CHECK(number() <= 2);
}

TEST_CASE("nothing readable of a call touches the disk") {
  FaultyDisk disk;
  auto wav = settings();
  wav.format = config::AudioFile::wav;
  wav.spool_kept = 1h;
  Studio studio(disk, wav);
  const auto started = studio.start();
  const Talk talk = both_speak(1000);
  studio.push(started.number, talk);
  REQUIRE(studio.recorder->wait_finished(patience));
  for (const std::string& path : disk.paths()) {
    CHECK(disk.content(path).find(talk[10].payload.substr(0, 40)) == std::string::npos);
    CHECK(disk.content(path).find("RIFF") == std::string::npos);
  }
  CHECK(disk.paths().size() == 2);
}

TEST_CASE("many calls at once are kept apart") {
  FaultyDisk disk;
  Studio studio(disk);
  constexpr int calls = 30;
  std::vector<recording::Started> started;
  for (int i = 0; i < calls; ++i) started.push_back(studio.start());
  for (int i = 0; i < calls; ++i) {
    Voice voice;
    voice.hertz = 300 + 50 * i;
    Talk talk = speak(voice, 0, 1000);
    talk.push_back(mark(media::TapKind::end, 1000));
    studio.push(started[static_cast<std::size_t>(i)].number, talk);
  }
  REQUIRE(studio.recorder->wait_finished(patience));
  int found = 0;
  for (const auto& recording : studio.ear.recordings()) {
    if (recording.state != RecordingState::sealed) continue;
    ++found;
    for (int i = 0; i < calls; ++i) {
      if (started[static_cast<std::size_t>(i)].id != recording.id) continue;
      const Audio audio = studio.listen(disk, recording);
      CHECK(level(audio.left, audio.rate, 300 + 50 * i, 100, 900) > 4000);
    }
  }
  CHECK(found == calls);
}

TEST_CASE("killed in the middle of a call, the next start seals what was there, marked as cut") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  studio.push(started.number, both_speak(5000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 500 * 190));
  for (const bool power_cut : {false, true}) {
    CAPTURE(power_cut);
    if (power_cut) std::this_thread::sleep_for(1500ms);  // the promise: synced within a second
    const auto after = power_cut ? disk.after_power_cut() : disk.after_kill();
    Ear ear;
    recording::Recorder next(settings(), studio.tenant, studio.keys, *after, {}, ear.sink(),
                             studio.clock, studio.metrics);
    REQUIRE(next.wait_finished(patience));
    const auto sealed = ear.last(RecordingState::sealed);
    REQUIRE(sealed);
    CHECK(sealed->cut);
    CHECK(sealed->reason == "The call was cut off by a restart of Ringfort.");
    CHECK(sealed->length >= 4900ms);
    const Audio audio = studio.listen(*after, *sealed);
    CHECK(level(audio.right, audio.rate, 440, 500, 4500) > 5500);
    CHECK(eventually([&] { return after->paths().size() == 1; }));
  }
}

TEST_CASE("a crash between the vault and the removal of the spool does nothing twice") {
  FaultyDisk disk;
  auto keeping = settings();
  keeping.spool_kept = 1h;
  Studio studio(disk, keeping);
  const auto started = studio.start();
  studio.push(started.number, both_speak(2000));
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto first = studio.ear.last(RecordingState::sealed);
  REQUIRE(first);
  const auto after = disk.after_power_cut();
  REQUIRE(after->exists("spool/" + started.id + ".spool"));
  Ear ear;
  const auto report = recording::recover_spools(settings(), studio.tenant, studio.keys, *after,
                                                ear.sink(), studio.clock);
  CHECK(report.sealed == 1);
  const auto second = ear.last(RecordingState::sealed);
  REQUIRE(second);
  CHECK(second->hash == first->hash);
  CHECK(second->length == first->length);
  CHECK(second->bytes == first->bytes);
  CHECK(second->sample_rate == first->sample_rate);
  CHECK_FALSE(second->cut);
  CHECK(after->paths() == std::vector<std::string>{"vault/" + first->path});
  const auto again = recording::recover_spools(settings(), studio.tenant, studio.keys, *after,
                                               ear.sink(), studio.clock);
  CHECK(again.sealed == 0);
}

TEST_CASE("a spool without its key is reported as missing, an unreadable one is kept") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "spool/" + facts.id + ".spool", facts, both_speak(3000));
  disk.put("spool/x.spool", "no spool at all");
  KeysInMemory keys;
  Ear ear;
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  const auto report = recording::recover_spools(
      settings(), recording::TenantKeys(util::Key::random()), keys, disk, ear.sink(), clock);
  CHECK(report.missing == 1);
  CHECK(report.damaged == 1);
  REQUIRE(ear.last(RecordingState::missing));
  CHECK(ear.last(RecordingState::missing)->call == facts.call);
  CHECK(ear.alarms().size() == 2);
  CHECK(disk.content("spool/x.spool.damaged") == "no spool at all");
}

TEST_CASE("a call killed before its key was stored, in its first second, cries no wolf") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "spool/" + facts.id + ".spool", facts, both_speak(900));
  KeysInMemory keys;
  Ear ear;
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  const auto report = recording::recover_spools(
      settings(), recording::TenantKeys(util::Key::random()), keys, disk, ear.sink(), clock);
  CHECK(report.missing == 1);
  REQUIRE(ear.last(RecordingState::missing));  // its call says why it has no sound
  CHECK(ear.alarms().empty());
  CHECK(disk.paths().empty());
}

TEST_CASE("a call killed before its first sound says so without an alarm, and its key goes") {
  Restart box;
  write_spool(box.disk, spool_of(box.facts.id), box.facts, {});
  box.recover();
  REQUIRE(box.ear.last(RecordingState::missing));
  CHECK(box.ear.last(RecordingState::missing)->reason ==
        "Ringfort was stopped in the first second of the call.");
  CHECK(box.ear.alarms().empty());
  CHECK(!box.keys.get(box.facts.id));
}

TEST_CASE("when the disk is full the recording ends cleanly with what is there") {
  FaultyDisk disk;
  auto reserved = settings();
  reserved.reserve_bytes = 1000000;
  Studio studio(disk, reserved);
  const auto started = studio.start();
  studio.push(started.number, both_speak(3000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 300 * 190));
  disk.set_free(999999);
  REQUIRE(studio.recorder->wait_finished(patience));
  studio.push(started.number, both_speak(100));  // the call goes on
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(sealed->cut);
  CHECK(sealed->reason == "the disk is full");
  CHECK(sealed->length >= 2900ms);
  REQUIRE(studio.ear.alarms().size() == 1);
  CHECK(studio.ear.alarms()[0].name == "recording.missing");
  CHECK(studio.ear.alarms()[0].call == sealed->call);

  studio.start();  // and the next call gets none, and says so
  REQUIRE(studio.recorder->wait_finished(patience));
  REQUIRE(studio.ear.last(RecordingState::missing));
  CHECK(studio.ear.last(RecordingState::missing)->reason == "the disk is full");
  CHECK(studio.ear.alarms().size() == 2);
}

TEST_CASE("out of room in the middle of a write, the recording waits and is sealed later") {
  FaultyDisk disk;
  Studio studio(disk);
  disk.set_room(60000);
  const auto started = studio.start();
  studio.push(started.number, both_speak(2000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 1000));
  studio.push(started.number, both_speak(2000, false));
  REQUIRE(eventually([&] { return studio.ear.last(RecordingState::finishing).has_value(); }));
  CHECK(studio.ear.last(RecordingState::finishing)->cut);
  CHECK_FALSE(studio.recorder->wait_finished(300ms));  // no room for its audio file either
  disk.set_room(10000000);
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(sealed->reason == "the disk is full");
}

TEST_CASE("a write that fails a few times costs nothing") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  studio.push(started.number, both_speak(1000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 1000));
  disk.fail_writes(3);
  Talk rest = both_speak(2000);
  studio.push(started.number, Talk(rest.begin() + 100, rest.end()));
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK_FALSE(sealed->cut);
  const Audio audio = studio.listen(disk, *sealed);
  for (int at = 40; at < 1940; at += 20) CHECK(peak(audio.left, audio.rate, at, at + 20) > 4000);
}

TEST_CASE("a disk that stands still loses no packet") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  const Talk talk = both_speak(20000);
  disk.set_stalled(true);
  const auto half = talk.begin() + static_cast<std::ptrdiff_t>(talk.size() / 2);
  studio.push(started.number, Talk(talk.begin(), half));
  std::this_thread::sleep_for(500ms);
  studio.push(started.number, Talk(half, talk.end()));
  std::this_thread::sleep_for(500ms);
  disk.set_stalled(false);
  REQUIRE(studio.recorder->wait_finished(patience));
  CHECK(studio.ring.refused() == 0);
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  const Audio audio = studio.listen(disk, *sealed);
  for (int at = 40; at < 19940; at += 20) CHECK(peak(audio.left, audio.rate, at, at + 20) > 4000);
  CHECK(studio.ear.alarms().empty());
}

TEST_CASE("a disk that does not answer is told while it does not, and what it cost afterwards") {
  FaultyDisk disk;
  auto impatient = settings();
  impatient.most_hanging = 200ms;
  Studio studio(disk, impatient);
  const auto started = studio.start();
  disk.set_stalled(true);
  studio.push(started.number, both_speak(1000, false));
  REQUIRE(eventually([&] { return !studio.ear.alarms().empty(); }));
  REQUIRE(studio.ear.alarms().size() == 1);
  CHECK(studio.ear.alarms()[0].name == "recording.missing");
  CHECK(studio.ear.alarms()[0].text.find("has not answered") != std::string::npos);
  disk.set_stalled(false);
  const Talk rest = both_speak(2000);
  studio.push(started.number, Talk(rest.begin() + 100, rest.end()));
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(sealed->reason.empty());
}

TEST_CASE("what a slow machine cost is said of the recording, and of that one alone") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto reason_of = [](const Ear& ear, const recording::Started& which) -> std::string {
    for (const auto& each : ear.recordings()) {
      if (each.id == which.id && each.state == RecordingState::sealed) return each.reason;
    }
    return "it is not sealed";
  };
  const auto started = studio.start();
  const auto other = studio.start();
  studio.push(other.number, both_speak(2000));
  studio.push(started.number, {mark(media::TapKind::loss, 0), mark(media::TapKind::loss, 0)});
  studio.push(started.number, both_speak(2000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 200 * 192));
  const auto killed = disk.after_kill();
  studio.push(started.number, {mark(media::TapKind::end, 2000)});
  REQUIRE(studio.recorder->wait_finished(patience));
  REQUIRE(eventually([&] { return studio.ear.alarms().size() == 1; }));
  CHECK(studio.ear.alarms()[0].name == "recording.missing");
  CHECK(studio.ear.alarms()[0].text == "Parts of a recording are lost: the machine is too slow.");
  CHECK(!studio.ear.alarms()[0].call.empty());
  CHECK(reason_of(studio.ear, started) == "Parts of it are lost: the machine was too slow.");
  CHECK(reason_of(studio.ear, other).empty());
  Ear ear;
  recording::recover_spools(settings(), studio.tenant, studio.keys, *killed, ear.sink(),
                            studio.clock);
  CHECK(reason_of(ear, started) ==
        "The call was cut off by a restart of Ringfort. Parts of it are lost: the machine was too "
        "slow.");
}

TEST_CASE("what a slow machine cost many recordings is told once") {
  FaultyDisk disk;
  Studio studio(disk);
  for (int n = 0; n < 3; ++n) {
    const auto started = studio.start();
    studio.push(started.number, {mark(media::TapKind::loss, 0)});
    studio.push(started.number, both_speak(1000));
  }
  REQUIRE(studio.recorder->wait_finished(patience));
  studio.recorder.reset();  // what was not told yet is told now
  std::size_t told = 0;
  for (const auto& alarm : studio.ear.alarms()) {
    const std::string& text = alarm.text;
    if (text == "Parts of a recording are lost: the machine is too slow.") told += 1;
    if (text == "Parts of 2 recordings are lost: the machine is too slow.") told += 2;
    if (text == "Parts of 3 recordings are lost: the machine is too slow.") told += 3;
  }
  CHECK(told == 3);
  CHECK(studio.ear.alarms().size() <= 2);
}

TEST_CASE("what a slow disk cost is said of the recording, also when a kill comes first") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  disk.set_stalled(true);
  const auto told = [&] {
    const auto alarms = studio.ear.alarms();
    return std::any_of(alarms.begin(), alarms.end(), [](const domain::AlarmRaised& alarm) {
      return alarm.text == "Parts of a recording are lost: the disk is too slow.";
    });
  };
  for (int part = 0; part < 40 && !told(); ++part) {  // no more at once than the ring holds
    studio.push(started.number, both_speak(10000, false));
    std::this_thread::sleep_for(200ms);
  }
  REQUIRE(told());
  disk.set_stalled(false);
  REQUIRE(studio.spool_grew_beyond(started.id, 300 << 10));
  const auto killed = disk.after_kill();
  studio.push(started.number, {mark(media::TapKind::end, 40000)});
  REQUIRE(studio.recorder->wait_finished(patience));
  CHECK(studio.ear.last(RecordingState::sealed)->reason ==
        "Parts of it are lost: the disk was too slow.");
  Ear ear;
  recording::Recorder next(settings(), studio.tenant, studio.keys, *killed, {}, ear.sink(),
                           studio.clock, studio.metrics);
  REQUIRE(next.wait_finished(patience));
  CHECK(ear.last(RecordingState::sealed)->reason ==
        "The call was cut off by a restart of Ringfort. Parts of it are lost: the disk was too "
        "slow.");
}

TEST_CASE("the machine's own disk takes a recording and finds it again after a restart") {
  std::string folder = (std::filesystem::temp_directory_path() / "ringfort-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  auto on_disk = settings();
  on_disk.spool_dir = folder + "/spool";
  on_disk.vault_dir = folder + "/vault";
  const auto disk = util::make_disk();
  const SpoolFacts facts;
  write_spool(*disk, on_disk.spool_dir + "/" + facts.id + ".spool", facts, both_speak(1000));
  KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  keys.put(facts.id, recording::wrap_key(tenant, facts.key, facts.id));
  Ear ear;
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  const auto report = recording::recover_spools(on_disk, tenant, keys, *disk, ear.sink(), clock);
  CHECK(report.sealed == 1);
  const auto sealed = ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  const std::string path = on_disk.vault_dir + "/" + sealed->path;
  CHECK(recording::hash_file(*disk, path).value() == sealed->hash);
  CHECK(decode(*recording::open_vault_file(*disk, path, facts.key, facts.id).value()).rate == 8000);
  CHECK(std::filesystem::is_empty(on_disk.spool_dir));
  std::filesystem::remove_all(folder);
}

TEST_CASE("stopping the program ends running recordings with what is there") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  studio.push(started.number, both_speak(1000, false));
  studio.recorder.reset();
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(sealed->cut);
  CHECK(sealed->reason == "Ringfort was stopped");
  CHECK(sealed->length >= 960ms);
  CHECK(disk.paths().size() == 1);
}

TEST_CASE("records of no recording, of an ended one, and torn ones are ignored") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  studio.push(77, both_speak(100));
  const std::string torn = "torn";
  REQUIRE(studio.ring.push(std::as_bytes(std::span(torn)), {}));
  studio.push(started.number, both_speak(500));
  studio.push(started.number, both_speak(500));
  REQUIRE(studio.recorder->wait_finished(patience));
  const auto sealed = studio.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(std::abs(sealed->length.count() - 500) <= 40);
}

}  // namespace ringfort::testing
