// `ringfort recordings …`: check, take out and finish recordings, beside a running daemon.
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/file_lock.h"
#include "daemon/open_store.h"
#include "jobs/verify.h"
#include "recording/recovery.h"
#include "recording/vault.h"
#include "store/accounts.h"
#include "store/calls.h"
#include "store/recordings.h"
#include "store/writer.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::daemon {
namespace {

constexpr int page_size = 200;

// What every action needs: the files, and the tenant's key.
struct Opened {
  LoadedConfig loaded;
  OpenStore store;
  const recording::TenantKeys tenant_key;

  explicit Opened(const Arguments& arguments)
      : loaded(need_config(arguments)), store(loaded), tenant_key(key(loaded, store)) {}

  static recording::TenantKeys::Load key(const LoadedConfig& loaded, OpenStore& store) {
    if (!loaded.master) throw std::runtime_error("the master key cannot be read");
    return load_tenant_keys(store.keys, store.paths.data, *loaded.master);
  }
};

bool show_progress() {
  return isatty(STDERR_FILENO) != 0;
}

std::string file_ending(const std::string& format) {
  return format == "wav" ? "wav" : "ogg";
}

util::Result<void> write_plain(Opened& open, const domain::Recording& recording,
                               const std::string& format, const std::string& target) {
  const auto wrapped = open.store.stored_keys.get(recording.id);
  const auto key =
      wrapped ? recording::unwrap_key(open.tenant_key, *wrapped, recording.id) : std::nullopt;
  if (!key) return util::fail("its key is gone");
  auto file = recording::open_vault_file(
      *open.store.disk, open.store.paths.vault + "/" + recording.path, *key, recording.id);
  if (!file) return tl::unexpected(file.error());
  // Under another name until it is whole: nobody takes half a file for the call.
  const std::string draft = target + ".part";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  auto done =
      recording::convert(**file, recording.format, format, [&](std::span<const std::byte> bytes) {
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
        return out.good();
      });
  out.close();
  if (!done) return done;
  if (!out) return util::fail("cannot write " + draft);
  std::error_code error;
  std::filesystem::rename(draft, target, error);
  if (error) return util::fail("cannot write " + target + ": " + error.message());
  return {};
}

std::vector<domain::Recording> chosen(const Arguments& arguments, Opened& open) {
  std::vector<domain::Recording> out;
  if (const auto call = arguments.value("--call")) {
    if (auto found = store::recording_of_call(open.store.tenant.reader(), *call)) {
      out.push_back(*found);
    }
    return out;
  }
  domain::Time since{};
  if (const auto text = arguments.value("--since")) {
    const auto time = util::from_rfc3339(*text);
    const auto age = util::parse_duration(*text);
    if (!time && !age) throw UsageError("\"" + *text + "\" is no time");
    since = time ? *time : util::SystemClock().now() - *age;
  } else if (!arguments.has("--all")) {
    throw UsageError("say which: --call ID, --since TIME or --all");
  }
  std::string after;
  while (true) {
    const auto page = store::recordings_after(open.store.tenant.reader(), after, page_size);
    if (page.empty()) return out;
    for (const auto& recording : page) {
      if (recording.started_at >= since) out.push_back(recording);
    }
    after = page.back().id;
  }
}

void audit_export(Opened& open, const domain::Recording& recording) {
  open.store.system.write([&](SQLite::Database& db) {
    store::save_audit(
        db, {util::SystemClock().now(), "cli", "recording.exported", recording.id, recording.call});
  });
}

int export_files(const Arguments& arguments, Opened& open) {
  const std::string format = arguments.value("--format").value_or("wav");
  if (format != "wav" && format != "opus" && format != "ogg") {
    throw UsageError("--format is wav, opus or ogg");
  }
  const std::string folder = arguments.value("--to").value_or(".");
  std::filesystem::create_directories(folder);
  int written = 0, failed = 0;
  for (const auto& recording : chosen(arguments, open)) {
    if (recording.state != domain::RecordingState::sealed) continue;
    const std::string target = folder + "/" + recording.call + "." + file_ending(format);
    audit_export(open, recording);
    const auto done = write_plain(open, recording, format, target);
    if (!done) {
      fmt::print(stderr, "{}: {}\n", recording.call, done.error().message);
      ++failed;
      continue;
    }
    ++written;
    fmt::print("{}\n", target);
  }
  if (written == 0 && failed == 0) fmt::print(stderr, "There is no such recording.\n");
  return failed == 0 && written > 0 ? 0 : 1;
}

int verify(const Arguments& arguments, Opened& open) {
  const bool progress = show_progress();
  const auto report =
      jobs::verify_recordings(open.store.tenant, open.store.keys, *open.store.disk,
                              open.store.paths.vault, open.tenant_key, [&](std::size_t done) {
                                if (progress) fmt::print(stderr, "\r{} checked", done);
                              });
  if (progress) fmt::print(stderr, "\r");
  if (arguments.has("--json")) {
    nlohmann::json out{{"checked", report.checked}, {"findings", nlohmann::json::array()}};
    for (const auto& finding : report.findings) {
      out["findings"].push_back({{"item", finding.item}, {"text", finding.text}});
    }
    fmt::print("{}\n", out.dump());
  } else {
    for (const auto& finding : report.findings) fmt::print("{}: {}\n", finding.item, finding.text);
    fmt::print("{} recordings checked, {} findings.\n", report.checked, report.findings.size());
  }
  return report.findings.empty() ? 0 : 1;
}

// The daemon does the same at its start; this is for a box whose daemon cannot run.
int recover(Opened& open) {
  const FileLock lock(open.store.paths.lock);
  store::Writer writer(open.store.tenant, open.store.keys, [](const domain::Event&) {});
  StoredKeys keys(open.store.keys, &writer);
  const auto& config = open.loaded.config;
  const auto report = recording::recover_spools(
      {open.store.paths.spool, open.store.paths.vault, config.recording.format,
       config.recording.reserve},
      open.tenant_key, keys, *open.store.disk,
      [&](domain::Event event) {
        writer.save(std::move(event));
        writer.flush(std::chrono::seconds(30));
      },
      util::SystemClock());
  fmt::print(
      "{} recordings were finished, {} had no audio, {} could not be written yet, {} are "
      "damaged.\n",
      report.sealed, report.missing, report.waiting, report.damaged);
  return report.waiting + report.damaged == 0 ? 0 : 1;
}

}  // namespace

int recordings_command(const Words& words) {
  const Arguments arguments(words, {"--call", "--since", "--format", "--to"}, {"--all", "--json"});
  const std::string& action = arguments.word(0, "verify, export or recover");
  if (action != "verify" && action != "export" && action != "recover") {
    throw UsageError("there is no \"recordings " + action + "\"");
  }
  Opened open(arguments);
  if (action == "verify") return verify(arguments, open);
  if (action == "export") return export_files(arguments, open);
  return recover(open);
}

}  // namespace ringfort::daemon
