// Exports of many calls: what is in the archive, what the index says, and how little is held.
#include "formats/export_archive.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "support/sealed_call.h"

namespace ringfort::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_what_is_freed = true;  // for a while, to find who still uses it
#else
constexpr bool keeps_what_is_freed = false;
#endif

// What this process holds now.
long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct Exporting {
  formats::Vault vault() { return {calls.keys, calls.tenant_key, *calls.disk, calls.folder()}; }

  formats::ExportOrder order(bool numbers = false,
                             std::optional<audio::AudioFormat> format = std::nullopt) {
    formats::ExportOrder out;
    out.filter.to = at(1'000'000);
    out.wish = {format, 2, numbers};
    out.box = "Acme";
    return out;
  }

  // Runs it to its end, or until `most` bytes were taken.
  util::Result<bool> run(const formats::ExportOrder& wanted, std::size_t most = SIZE_MAX) {
    formats::ExportArchive archive(
        files.tenant, vault(), wanted,
        [&](const auto& taken) {
          audited += taken.size();
          bytes_at_audit.push_back(bytes);
        },
        [&](std::span<const std::byte> part) {
          if (bytes >= most) return false;
          bytes += part.size();
          most_resident = std::max(most_resident, resident_kib());
          if (keep) zip.append(reinterpret_cast<const char*>(part.data()), part.size());
          return true;
        });
    for (;;) {
      auto more = archive.step();
      if (!more || !*more) {
        done = archive.done();
        problems = archive.problems();
        stopped = archive.stopped();
        return more;
      }
    }
  }

  // What Python's zipfile reads: a JSON object of names and contents (latin-1).
  nlohmann::json opened() {
    const auto path = (files.folder / "x.zip").string();
    std::ofstream(path, std::ios::binary) << zip;
    REQUIRE(std::system(("unzip -tqq " + path).c_str()) == 0);
    const std::string script =
        "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
        "json.dump({n: z.read(n).decode('latin-1') for n in z.namelist()}, sys.stdout)";
    const auto out = (files.folder / "x.json").string();
    REQUIRE(std::system(("python3 -c \"" + script + "\" " + path + " > " + out).c_str()) == 0);
    std::ifstream in(out);
    return nlohmann::json::parse(in);
  }

  StoreFiles files;
  SealedCalls calls{files};
  std::string zip;
  bool keep = true;
  std::size_t bytes = 0, audited = 0, done = 0, problems = 0;
  std::vector<std::size_t> bytes_at_audit;
  bool stopped = false;
  long most_resident = 0;
};

TEST_CASE("an export holds each recording in its day's folder, and an index in two forms") {
  Exporting exporting;
  const auto first = exporting.calls.add(0);
  const auto second = exporting.calls.add(86'400);
  REQUIRE(exporting.run(exporting.order()));
  CHECK(exporting.done == 2);
  CHECK(exporting.audited == 2);
  CHECK(exporting.bytes_at_audit[0] == 0);  // written down before anything left
  const auto files = exporting.opened();
  REQUIRE(files.size() == 4);
  const auto index = nlohmann::json::parse(files["index.json"].get<std::string>());
  REQUIRE(index.size() == 2);
  CHECK(index[0]["call"] == second.call.id);
  CHECK(index[1]["sealed_sha256"] == first.recording.hash);
  CHECK(index[0]["file"] != index[1]["file"]);
  CHECK(index[0]["file"].get<std::string>().substr(0, 10) !=
        index[1]["file"].get<std::string>().substr(0, 10));
  for (const auto& each : index) {
    CHECK(each["problem"].is_null());
    const std::string name = each["file"];
    CHECK(name.find(each["call"].get<std::string>()) == 11);
    CHECK(files[name].get<std::string>().starts_with("OggS"));
  }
  const std::string csv = files["index.csv"];
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
  CHECK(csv.find(first.call.id) != std::string::npos);
}

TEST_CASE("numbers are in an export only where they were asked for") {
  Exporting exporting;
  exporting.calls.add(0);
  REQUIRE(exporting.run(exporting.order()));
  CHECK(exporting.opened().dump().find("4930123456") == std::string::npos);
  Exporting open;
  open.calls.add(0);
  REQUIRE(open.run(open.order(true)));
  const auto files = open.opened();
  const auto index = nlohmann::json::parse(files["index.json"].get<std::string>());
  CHECK(index[0]["from"] == "+4930123456");
  CHECK(index[0]["to"] == "101");
  CHECK(index[0]["file"].get<std::string>().find("+4930123456 101") != std::string::npos);
}

TEST_CASE("a recording without its key, or a damaged one, is named and does not end the export") {
  Exporting exporting;
  const auto good = exporting.calls.add(0);
  const auto keyless = exporting.calls.add(100);
  const auto damaged = exporting.calls.add(200);
  exporting.calls.keys.destroy(keyless.recording.id);
  {
    std::fstream file(exporting.calls.path(damaged.recording),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-20, std::ios::end);
    file.put('x');
  }
  auto missing = answered_call(300);
  auto lost = sealed_recording(missing, 0);
  lost.state = domain::RecordingState::missing;
  lost.reason = "The disk was full.";
  exporting.files.tenant.write([&](SQLite::Database& db) {
    store::save_call(db, missing);
    store::save_recording(db, lost);
  });
  REQUIRE(exporting.run(exporting.order(false, audio::AudioFormat::mp3)));
  CHECK(exporting.done == 4);
  CHECK(exporting.problems == 3);
  const auto files = exporting.opened();
  for (const auto& each : nlohmann::json::parse(files["index.json"].get<std::string>())) {
    if (each["call"] == good.call.id) {
      CHECK(each["problem"].is_null());
      CHECK(each["format"] == "mp3");
    } else {
      CHECK(each["problem"].get<std::string>().size() > 10);
    }
    if (each["call"] == missing.id) CHECK(each["problem"] == "The disk was full.");
    if (each["call"] == keyless.call.id) CHECK(each["file"].is_null());
  }
}

TEST_CASE("an export stops when nobody takes the bytes any more") {
  Exporting exporting;
  for (int i = 0; i < 5; ++i) exporting.calls.add(i * 100);
  CHECK_FALSE(exporting.run(exporting.order(false, audio::AudioFormat::wav), 80'000));
  CHECK(exporting.stopped);
  CHECK(exporting.done == 2);
}

TEST_CASE("an empty export is a whole archive with an empty index") {
  Exporting exporting;
  REQUIRE(exporting.run(exporting.order()));
  const auto files = exporting.opened();
  CHECK(nlohmann::json::parse(files["index.json"].get<std::string>()).empty());
}

TEST_CASE("a thousand recordings are exported without being held") {
  Exporting exporting;
  exporting.keep = false;
  std::vector<SealedCall> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(exporting.calls.seal(i));
  exporting.calls.save(calls);
  const auto order = exporting.order(false, audio::AudioFormat::wav);
  CHECK(formats::measure_export(exporting.files.tenant, order, 100'000).calls == 1000);
  const long before = resident_kib();
  REQUIRE(exporting.run(order));
  CHECK(exporting.done == 1000);
  CHECK(exporting.audited == 1000);
  CHECK(exporting.problems == 0);
  CHECK(exporting.bytes > 1000 * 64'000);  // 64 MB
  CHECK(exporting.most_resident > 0);
  if (!keeps_what_is_freed) CHECK(exporting.most_resident - before < 8 * 1024);
}

}  // namespace
}  // namespace ringfort::testing
