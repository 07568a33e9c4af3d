// `ringfort recordings …`: check, take out and finish recordings, beside a running daemon.
#include <set>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/cli_export.h"
#include "daemon/file_lock.h"
#include "daemon/open_store.h"
#include "jobs/verify_job.h"
#include "keeping/evidence_begin.h"
#include "keeping/left_behind.h"
#include "recording/recovery.h"
#include "store/alarms.h"
#include "store/recordings.h"
#include "store/writer.h"
#include "util/clock.h"

namespace ringfort::daemon {
namespace {

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

int verify(const Arguments& arguments, Opened& open) {
  const bool progress = show_progress();
  const auto signer = keeping::open_evidence(open.store.tenant, open.store.keys, open.tenant_key,
                                             util::SystemClock().now());
  const auto report = keeping::verify_recordings(
      {open.store.tenant, open.store.keys, *open.store.disk, open.store.paths.vault,
       open.tenant_key, signer.public_key(), open.store.paths.spool},
      [&](std::size_t done) {
        if (progress) fmt::print(stderr, "\r{} checked", done);
      });
  const auto store_alarm = [&](const domain::Event& event) {
    open.store.tenant.write([&](SQLite::Database& db) {
      if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) {
        store::save_alarm(db, *alarm);
      }
    });
  };
  jobs::keep_check(open.store.tenant, report, util::SystemClock().now(), store_alarm);
  if (progress) fmt::print(stderr, "\r");
  if (arguments.has("--json")) {
    nlohmann::json out{{"checked", report.checked},
                       {"entries", report.entries},
                       {"findings", nlohmann::json::array()}};
    for (const auto& finding : report.findings) {
      out["findings"].push_back(
          {{"item", finding.item}, {"kind", finding.kind}, {"text", finding.text}});
    }
    fmt::print("{}\n", out.dump());
  } else {
    for (const auto& finding : report.findings) fmt::print("{}: {}\n", finding.item, finding.text);
    fmt::print("{} recordings and {} entries of the evidence log checked, {} findings.\n",
               report.checked, report.entries, report.findings.size());
  }
  return report.findings.empty() ? 0 : 1;
}

// The daemon does the same at its start; this is for a box whose daemon cannot run.
int recover(Opened& open) {
  const FileLock lock(open.store.paths.lock);
  store::Writer writer(open.store.tenant, open.store.keys,
                       keeping::open_evidence(open.store.tenant, open.store.keys, open.tenant_key,
                                              util::SystemClock().now()),
                       [](const domain::Event&) {});
  StoredKeys keys(open.store.keys, &writer);
  const auto& config = open.loaded.config;
  keeping::adopt_spooled_calls(open.store.tenant, keys, open.tenant_key, *open.store.disk,
                               open.store.paths.spool);
  recording::RecorderSettings settings{open.store.paths.spool, open.store.paths.vault,
                                       config.recording.format, config.recording.reserve};
  settings.is_stored = [&](const std::string& item) {
    return store::is_settled(open.store.tenant.reader(), item);
  };
  const auto report = recording::recover_spools(
      settings, open.tenant_key, keys, *open.store.disk,
      [&](domain::Event event) {
        writer.save(std::move(event));
        writer.flush(std::chrono::seconds(30));
      },
      util::SystemClock());
  if (!report.searched) throw std::runtime_error(open.store.paths.spool + " cannot be listed");
  fmt::print(
      "{} recordings were finished, {} had no audio, {} could not be written yet, {} are "
      "damaged.\n",
      report.sealed, report.missing, report.waiting, report.damaged);
  return report.waiting + report.damaged == 0 ? 0 : 1;
}

}  // namespace

int recordings_command(const Words& words) {
  std::set<std::string> options{"--call", "--since", "--reason"}, flags{"--all", "--json"};
  options.insert(export_options.begin(), export_options.end());
  flags.insert(export_flags.begin(), export_flags.end());
  const Arguments arguments(words, options, flags);
  const std::string& action = arguments.word(0, "verify, export, delete or recover");
  if (action == "delete") return delete_recording(arguments);
  if (action != "verify" && action != "export" && action != "recover") {
    throw UsageError("there is no \"recordings " + action + "\"");
  }
  Opened open(arguments);
  if (action == "verify") return verify(arguments, open);
  if (action == "export") {
    return export_recordings(arguments, open.loaded, open.store, open.tenant_key);
  }
  return recover(open);
}

}  // namespace ringfort::daemon
