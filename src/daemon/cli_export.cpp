#include "daemon/cli_export.h"

#include <filesystem>
#include <fstream>
#include <functional>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "formats/export_archive.h"
#include "formats/vcon.h"
#include "store/accounts.h"
#include "store/calls.h"
#include "store/recordings.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

constexpr int page_size = 200;

struct Exporting {
  const Arguments& arguments;
  const LoadedConfig& loaded;
  OpenStore& open;
  formats::Vault vault;
  formats::Wish wish;
};

formats::Wish read_wish(const Arguments& arguments) {
  formats::Wish out;
  const std::string format = arguments.value("--format").value_or("wav");
  out.format = audio::format_of(format);
  if (!out.format) throw UsageError("--format is opus, ogg, wav, mp3 or aac");
  const std::string channels = arguments.value("--channels").value_or("2");
  if (channels != "1" && channels != "2") throw UsageError("--channels is 1 or 2");
  out.channels = channels == "1" ? 1 : 2;
  out.numbers = arguments.has("--numbers");
  return out;
}

std::optional<domain::Time> read_since(const Arguments& arguments) {
  const auto text = arguments.value("--since");
  if (!text) return std::nullopt;
  if (const auto time = util::from_rfc3339(*text)) return *time;
  if (const auto age = util::parse_duration(*text)) return util::SystemClock().now() - *age;
  throw UsageError("\"" + *text + "\" is no time");
}

std::vector<domain::Recording> chosen(const Exporting& all) {
  std::vector<domain::Recording> out;
  auto& db = all.open.tenant.reader();
  if (const auto call = all.arguments.value("--call")) {
    if (auto found = store::recording_of_call(db, *call)) out.push_back(*found);
    return out;
  }
  const auto since = read_since(all.arguments);
  if (!since && !all.arguments.has("--all")) {
    throw UsageError("say which: --call ID, --since TIME or --all");
  }
  std::string after;
  while (true) {
    const auto page = store::recordings_after(db, after, page_size);
    if (page.empty()) return out;
    for (const auto& recording : page) {
      if (!since || recording.started_at >= *since) out.push_back(recording);
    }
    after = page.back().id;
  }
}

void write_down(OpenStore& open, const std::vector<domain::Recording>& taken) {
  const auto now = util::SystemClock().now();
  open.system.write([&](SQLite::Database& db) {
    for (const auto& each : taken) {
      store::save_audit(db, {now, "cli", "recording.exported", each.id, each.call});
    }
  });
}

// Under another name until it is whole: nobody takes half a file for the call.
util::Result<void> write_file(const std::string& target,
                              const std::function<util::Result<void>(std::ofstream&)>& fill) {
  const std::string draft = target + ".part";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  auto done = fill(out);
  out.close();
  if (done && !out) done = util::fail("cannot write " + draft);
  std::error_code error;
  if (done) {
    std::filesystem::rename(draft, target, error);
    if (error) return util::fail("cannot write " + target + ": " + error.message());
    return {};
  }
  std::filesystem::remove(draft, error);
  return done;
}

bool put(std::ofstream& out, std::span<const std::byte> bytes) {
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return out.good();
}

// The file that was written.
util::Result<std::string> write_one(const Exporting& all, const domain::Recording& recording,
                                    const std::string& folder) {
  const auto call = store::find_call(all.open.tenant.reader(), recording.call);
  if (!call) return util::fail("its call is gone");
  auto file = formats::open_recording(all.vault, recording);
  if (!file) return tl::unexpected(file.error());
  const auto target =
      formats::target_of(all.wish, call->call, recording, all.loaded.config.server.name);
  const std::string name = formats::file_name(all.wish, call->call, recording);
  const auto audio = [&](const audio::WriteOut& write) {
    return audio::convert(**file, recording.format, target, write);
  };
  const bool as_vcon = all.arguments.has("--vcon");
  const std::string path = folder + "/" + (as_vcon ? call->call.id + ".vcon.json" : name);
  const auto done = write_file(path, [&](std::ofstream& out) -> util::Result<void> {
    if (!as_vcon) return audio([&](auto bytes) { return put(out, bytes); });
    return formats::write_vcon(
        *call, util::SystemClock().now(), {target.format, target.channels, name, {}}, audio,
        [&](std::string_view text) { return put(out, std::as_bytes(std::span(text))); });
  });
  if (!done) return tl::unexpected(done.error());
  return path;
}

int write_files(const Exporting& all) {
  const std::string folder = all.arguments.value("--to").value_or(".");
  std::filesystem::create_directories(folder);
  int written = 0, failed = 0;
  for (const auto& recording : chosen(all)) {
    if (recording.state != domain::RecordingState::sealed) continue;
    write_down(all.open, {recording});
    const auto path = write_one(all, recording, folder);
    if (!path) {
      fmt::print(stderr, "{}: {}\n", recording.call, path.error().message);
      ++failed;
      continue;
    }
    ++written;
    fmt::print("{}\n", *path);
  }
  if (written == 0 && failed == 0) fmt::print(stderr, "There is no such recording.\n");
  return failed == 0 && written > 0 ? 0 : 1;
}

int write_archive(const Exporting& all, const std::string& target) {
  const auto since = read_since(all.arguments);
  if (!since && !all.arguments.has("--all")) {
    throw UsageError("say which go into the archive: --since TIME or --all");
  }
  formats::ExportOrder order;
  order.filter.from = since;
  order.filter.to = util::SystemClock().now();
  order.wish = all.wish;
  order.box = all.loaded.config.server.name;
  const auto size = formats::measure_export(all.open.tenant, order, SIZE_MAX);
  const bool progress = isatty(STDERR_FILENO) != 0;
  std::size_t done = 0, problems = 0;
  const auto state = write_file(target, [&](std::ofstream& out) -> util::Result<void> {
    formats::ExportArchive archive(
        all.open.tenant, all.vault, order, [&](const auto& taken) { write_down(all.open, taken); },
        [&](std::span<const std::byte> bytes) { return put(out, bytes); });
    for (;;) {
      const auto more = archive.step();
      if (!more) return tl::unexpected(more.error());
      done = archive.done();
      problems = archive.problems();
      if (progress) fmt::print(stderr, "\r{} of {}", done, size.calls);
      if (!*more) return {};
    }
  });
  if (progress) fmt::print(stderr, "\n");
  if (!state) {
    fmt::print(stderr, "{}: {}\n", target, state.error().message);
    return 1;
  }
  fmt::print("{}: {} calls, {} of them not whole or without audio (index.csv says why)\n", target,
             done, problems);
  return problems == 0 && done > 0 ? 0 : 1;
}

}  // namespace

int export_recordings(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open,
                      const recording::TenantKeys& tenant_key) {
  const Exporting all{arguments,
                      loaded,
                      open,
                      {open.stored_keys, tenant_key, *open.disk, open.paths.vault},
                      read_wish(arguments)};
  if (const auto target = arguments.value("--zip")) return write_archive(all, *target);
  return write_files(all);
}

}  // namespace ringfort::daemon
