// `ringfort retention …`: what goes when, deleting what is due now, and giving things that are
// there already the times of the configuration.
#include <algorithm>
#include <chrono>

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "jobs/retention.h"
#include "keeping/deletion.h"
#include "keeping/evidence_begin.h"
#include "keeping/retention_preview.h"
#include "store/alarms.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

constexpr auto usual_preview = std::chrono::days(30);
constexpr std::size_t most_days = 14;

recording::TenantKeys::Load tenant_keys(const LoadedConfig& loaded, OpenStore& open) {
  if (!loaded.master) throw std::runtime_error("the master key cannot be read");
  return load_tenant_keys(open.keys, open.paths.data, *loaded.master);
}

domain::Time until_of(const Arguments& arguments, domain::Time now) {
  const auto text = arguments.value("--until");
  if (!text) return now + usual_preview;
  if (const auto time = util::from_rfc3339(*text)) return *time;
  if (const auto span = util::parse_duration(*text)) return now + *span;
  throw UsageError("--until wants a time such as 2026-12-24 or a span such as 90d");
}

std::string day_of(domain::Time time) {
  return util::to_rfc3339(time).substr(0, 10);
}

const char* plural(const std::string& kind) {
  if (kind == "recordings") return "recordings";
  if (kind == "calls") return "call records";
  return "entries of the audit log";
}

void print_kind(const keeping::KindPreview& kind, domain::Time until) {
  fmt::print("{} {}: {} go now, {} by {}", kind.items, plural(kind.kind), kind.due, kind.until,
             day_of(until));
  if (kind.next) fmt::print(", the next one on {}", day_of(*kind.next));
  if (kind.held > 0) fmt::print("; {} are under legal hold", kind.held);
  if (kind.unlimited > 0) fmt::print("; {} have no end", kind.unlimited);
  fmt::print(".\n");
  std::size_t shown = 0;
  for (const auto& [day, count] : kind.days) {
    if (++shown > most_days) {
      fmt::print("    … and on {} days more\n", kind.days.size() - most_days);
      break;
    }
    fmt::print("    {}  {}\n", day, count);
  }
  if (kind.earlier + kind.later == 0) return;
  fmt::print(
      "    By the configuration {} would go earlier and {} later than they are stamped; {} of "
      "them at once.\n",
      kind.earlier, kind.later, kind.at_once);
}

int preview(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open) {
  const auto now = util::SystemClock().now();
  const bool progress = isatty(STDERR_FILENO) != 0;
  const auto out = keeping::preview_retention({open.tenant, open.system}, loaded.config.directory,
                                              now, until_of(arguments, now), [&](std::size_t seen) {
                                                if (progress)
                                                  fmt::print(stderr, "\r{} looked at", seen);
                                              });
  if (progress) fmt::print(stderr, "\r");
  if (arguments.has("--json")) {
    fmt::print("{}\n", keeping::retention_preview_json(out).dump());
    return 0;
  }
  bool differs = false;
  for (const auto& kind : out.kinds) {
    print_kind(kind, out.until);
    differs = differs || kind.earlier + kind.later > 0;
  }
  if (differs) {
    fmt::print(
        "Stamped times stay as they are until `ringfort retention restamp --yes` is run with this "
        "configuration.\n");
  }
  return 0;
}

void tell_alarm(OpenStore& open, const domain::Event& event) {
  const auto* alarm = std::get_if<domain::AlarmRaised>(&event);
  if (alarm == nullptr) return;
  fmt::print(stderr, "{}\n", alarm->text);
  open.tenant.write([&](SQLite::Database& db) { store::save_alarm(db, *alarm); });
}

int run(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open) {
  const recording::TenantKeys keys(tenant_keys(loaded, open));
  const auto signer =
      keeping::open_evidence(open.tenant, open.keys, keys, util::SystemClock().now());
  keeping::Deleter deleter(open.tenant, open.keys, open.system, *open.disk, open.paths.vault,
                           open.paths.spool, signer);
  const util::SystemClock clock;
  util::Metrics metrics;
  jobs::RetentionJob job(
      open.tenant, open.keys, open.system, deleter, signer,
      [&] { return loaded.config.directory.retention.audit_log; },
      [&](const domain::Event& event) { tell_alarm(open, event); }, clock, metrics);
  jobs::RetentionReport all;
  while (true) {
    const auto report = job.run_once(clock.now());
    all.waiting = report.waiting;
    all.recordings += report.recordings;
    all.calls += report.calls;
    all.audit_entries += report.audit_entries;
    if (report.recordings + report.calls == 0) break;
  }
  if (arguments.has("--json")) {
    fmt::print("{{\"recordings\": {}, \"calls\": {}, \"audit_entries\": {}, \"waiting\": {}}}\n",
               all.recordings, all.calls, all.audit_entries, all.waiting);
  } else if (all.waiting) {
    fmt::print(stderr,
               "The clock is far ahead of the last run; nothing was deleted. The daemon goes on "
               "when the clock has run evenly for an hour.\n");
  } else {
    fmt::print("{} recordings, {} call records and {} entries of the audit log are gone.\n",
               all.recordings, all.calls, all.audit_entries);
  }
  return all.waiting ? 1 : 0;
}

int restamp(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open) {
  if (!arguments.has("--yes")) {
    preview(arguments, loaded, open);
    fmt::print(stderr, "Nothing was changed. Say --yes to give everything the configured times.\n");
    return 1;
  }
  const recording::TenantKeys keys(tenant_keys(loaded, open));
  const auto signer =
      keeping::open_evidence(open.tenant, open.keys, keys, util::SystemClock().now());
  const auto done = keeping::restamp({open.tenant, open.system}, loaded.config.directory, signer,
                                     "cli", util::SystemClock().now());
  if (arguments.has("--json")) {
    fmt::print("{{\"recordings\": {}, \"calls\": {}, \"held\": {}}}\n", done.recordings, done.calls,
               done.held);
  } else {
    fmt::print("{} recordings and {} calls were given new times; {} under legal hold were left.\n",
               done.recordings, done.calls, done.held);
  }
  return 0;
}

}  // namespace

int retention_command(const Words& words) {
  const Arguments arguments(words, {"--until"}, {"--json", "--yes"});
  const std::string& action = arguments.word(0, "preview, run or restamp");
  if (action != "preview" && action != "run" && action != "restamp") {
    throw UsageError("there is no \"retention " + action + "\"");
  }
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  if (action == "preview") return preview(arguments, loaded, open);
  if (action == "run") return run(arguments, loaded, open);
  return restamp(arguments, loaded, open);
}

}  // namespace ringfort::daemon
