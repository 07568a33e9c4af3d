// `ringfort evidence …` and `ringfort hold …`: the signed log, its check without this box, and
// legal holds.
#include <charconv>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "formats/evidence_json.h"
#include "keeping/evidence_begin.h"
#include "keeping/legal_hold.h"
#include "store/accounts.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

constexpr int entries_at_once = 500;
constexpr const char* cli = "cli";

// The store with what signs its log.
struct Signed {
  LoadedConfig loaded;
  OpenStore store;
  const recording::TenantKeys tenant_keys;
  const util::SigningKey signer;

  explicit Signed(const Arguments& arguments)
      : loaded(need_config(arguments)),
        store(loaded),
        tenant_keys(load(loaded, store)),
        signer(keeping::open_evidence(store.tenant, store.keys, tenant_keys,
                                      util::SystemClock().now())) {}

  static recording::TenantKeys::Load load(const LoadedConfig& loaded, OpenStore& store) {
    if (!loaded.master) throw std::runtime_error("the master key cannot be read");
    return load_tenant_keys(store.keys, store.paths.data, *loaded.master);
  }
};

int show_head(const Arguments& arguments) {
  Signed open(arguments);
  const auto head = formats::evidence_head_json(store::evidence_head(open.store.tenant.reader()),
                                                open.signer.public_key());
  if (arguments.has("--json")) {
    fmt::print("{}\n", head.dump());
    return 0;
  }
  fmt::print("entries     {}\nhash        {}\nsignature   {}\npublic key  {}\n",
             head["sequence"].get<std::int64_t>(), head["hash"].get<std::string>(),
             head["signature"].get<std::string>(), head["public_key"].get<std::string>());
  return 0;
}

std::int64_t number(const std::optional<std::string>& text) {
  if (!text) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0) {
    throw UsageError("--after is the number of an entry");
  }
  return value;
}

int export_log(const Arguments& arguments) {
  std::int64_t after = number(arguments.value("--after"));
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  open.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {util::SystemClock().now(), cli, "evidence.exported", {}, {}});
  });
  while (true) {
    const auto entries = store::evidence_after(open.tenant.reader(), after, entries_at_once);
    if (entries.empty()) return 0;
    for (const auto& entry : entries) fmt::print("{}\n", formats::evidence_json(entry).dump());
    after = entries.back().sequence;
  }
}

// Needs neither the data directory nor any key but the public one.
int verify_export(const Arguments& arguments) {
  const std::string& name = arguments.word(1, "the exported file, or - for standard input");
  std::string public_key;
  if (const auto given = arguments.value("--public-key")) {
    public_key = *given;
  } else {
    public_key = Signed(arguments).signer.public_key();
  }
  std::ifstream file;
  if (name != "-") {
    file.open(name);
    if (!file) throw std::runtime_error("cannot read " + name);
  }
  std::istream& in = name == "-" ? std::cin : file;
  const auto check = formats::check_exported_evidence(
      [&](std::string& line) { return static_cast<bool>(std::getline(in, line)); }, public_key);
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"first", check.first},
                                      {"last", check.last},
                                      {"hash", check.hash},
                                      {"fault", check.fault.empty() ? nlohmann::json(nullptr)
                                                                    : nlohmann::json(check.fault)}}
                           .dump());
  } else if (!check.fault.empty()) {
    fmt::print("{}\n", check.fault);
  } else if (check.last == 0) {
    fmt::print("There is no entry in it.\n");
  } else {
    fmt::print("Entries {} to {} are complete, unchanged and signed. The last one's hash is {}.\n",
               check.first, check.last, check.hash);
  }
  return check.fault.empty() && check.last > 0 ? 0 : 1;
}

std::string call_of(const Arguments& arguments) {
  const auto call = arguments.value("--call");
  if (!call) throw UsageError("say which: --call ID");
  return *call;
}

int answer(const util::Result<void>& done, const char* good) {
  fmt::print(done ? stdout : stderr, "{}\n", done ? good : done.error().message);
  return done ? 0 : 1;
}

int set_hold(const Arguments& arguments) {
  domain::LegalHold hold;
  hold.call = call_of(arguments);
  const auto reason = arguments.value("--reason");
  if (!reason) throw UsageError("say why: --reason TEXT");
  hold.reason = *reason;
  hold.by = cli;
  hold.since = util::SystemClock().now();
  if (const auto until = arguments.value("--until")) {
    const auto time = util::from_rfc3339(*until);
    const auto span = util::parse_duration(*until);
    if (!time && !span) throw UsageError("--until wants a time such as 2027-12-31 or a span");
    hold.until = time ? *time : hold.since + *span;
  }
  Signed open(arguments);
  return answer(keeping::set_legal_hold({open.store.tenant, open.store.system, open.signer}, hold),
                "The call and its recording are kept.");
}

int lift_hold(const Arguments& arguments) {
  const std::string call = call_of(arguments);
  Signed open(arguments);
  return answer(
      keeping::lift_legal_hold({open.store.tenant, open.store.system, open.signer}, call, cli,
                               arguments.value("--reason").value_or(""), util::SystemClock().now()),
      "The legal hold is lifted; the call goes when its time is over.");
}

int list_holds(const Arguments& arguments) {
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  for (const auto& hold : store::list_legal_holds(open.tenant.reader())) {
    if (arguments.has("--json")) {
      auto one = formats::legal_hold_json(hold);
      one["call"] = hold.call;
      fmt::print("{}\n", one.dump());
    } else {
      fmt::print("{}  {}  {}  until {}  {}\n", hold.call, util::to_rfc3339(hold.since), hold.by,
                 hold.until ? util::to_rfc3339(*hold.until) : "it is lifted", hold.reason);
    }
  }
  return 0;
}

}  // namespace

int evidence_command(const Words& words) {
  const Arguments arguments(words, {"--after", "--public-key"}, {"--json"});
  const std::string& action = arguments.word(0, "head, export or verify");
  if (action == "head") return show_head(arguments);
  if (action == "export") return export_log(arguments);
  if (action == "verify") return verify_export(arguments);
  throw UsageError("there is no \"evidence " + action + "\"");
}

int hold_command(const Words& words) {
  const Arguments arguments(words, {"--call", "--reason", "--until"}, {"--json"});
  const std::string& action = arguments.word(0, "set, lift or list");
  if (action == "set") return set_hold(arguments);
  if (action == "lift") return lift_hold(arguments);
  if (action == "list") return list_holds(arguments);
  throw UsageError("there is no \"hold " + action + "\"");
}

}  // namespace ringfort::daemon
