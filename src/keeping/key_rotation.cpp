#include "keeping/key_rotation.h"

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "keeping/key_chain.h"
#include "keeping/recovery_key.h"
#include "recording/spool.h"
#include "recording/spool_opening.h"
#include "store/keys.h"
#include "util/disk.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

constexpr int page = 500;
constexpr std::size_t most_config_keys = 64 << 10;

// One pass over all item keys.
RotationReport rewrap(store::Database& keys, const recording::TenantKeys& tenant_keys,
                      const std::function<void(std::size_t)>& progress) {
  RotationReport report;
  std::size_t seen = 0;
  std::string after;
  while (true) {
    const auto rows = store::keys_after(keys.reader(), after, page);
    if (rows.empty()) return report;
    std::vector<store::WrappedKey> changed;
    for (const auto& row : rows) {
      if (tenant_keys.is_newest(row.wrapped, row.item)) continue;
      const auto key = tenant_keys.unwrap(row.wrapped, row.item);
      if (!key) {
        ++report.unreadable;
        continue;
      }
      changed.push_back({row.item, tenant_keys.wrap(*key, row.item)});
    }
    if (!changed.empty()) {
      keys.write([&](SQLite::Database& db) {
        // One that was destroyed meanwhile stays destroyed.
        for (const auto& key : changed) store::replace_key(db, key);
      });
    }
    report.rewrapped += changed.size();
    seen += rows.size();
    if (progress) progress(seen);
    after = rows.back().item;
  }
}

bool needs_older_key(store::Database& keys, const recording::TenantKeys& tenant_keys,
                     const recording::ParsedHeader& spool) {
  const std::string& item = spool.header.id;
  if (store::is_refused_key(keys.reader(), item)) return false;
  const auto wrapped = store::find_key(keys.reader(), item);
  const auto of_item = wrapped ? tenant_keys.unwrap(*wrapped, item) : std::nullopt;
  return recording::needs_older_key(spool, of_item, tenant_keys);
}

std::string read_or_empty(const std::string& file) {
  return util::read_file(file, most_config_keys).value_or("");
}

std::string config_line(const util::Key& under, const util::Key& config_key) {
  return util::to_base64(util::seal(under.derive("config keys"), key_bytes(config_key), "config")) +
         "\n";
}

// Adds, under `next`, what opens values sealed under `master` or under one before it. Lines that
// are there stay: until the change is done they are the ones that open.
util::Result<void> keep_config_keys(const KeyFiles& files, const util::Key& master,
                                    const util::Key& next) {
  const std::string before = read_or_empty(files.config_keys);
  std::string added = config_line(next, util::config_key(master));
  for (const auto& line : util::split(before, '\n')) {
    const auto wrapped = util::from_base64(line);
    const auto raw = wrapped ? util::open_sealed(master.derive("config keys"), *wrapped, "config")
                             : std::nullopt;
    if (const auto key = raw ? key_from_bytes(*raw) : std::nullopt) {
      added += config_line(next, *key);
    }
  }
  return util::write_file_atomically(files.config_keys, before + added, 0600);
}

// Lines of masters that are no more.
util::Result<void> tidy_config_keys(const KeyFiles& files, const util::Key& master) {
  std::string kept;
  for (const auto& line : util::split(read_or_empty(files.config_keys), '\n')) {
    const auto wrapped = util::from_base64(line);
    if (wrapped && util::open_sealed(master.derive("config keys"), *wrapped, "config")) {
      kept += line + "\n";
    }
  }
  if (kept.empty()) return {};
  return util::write_file_atomically(files.config_keys, kept, 0600);
}

util::Result<util::Key> next_master(const KeyFiles& files) {
  if (const auto text = util::read_file(files.next_master, util::Key::size + 1)) {
    if (const auto key = key_from_bytes(*text)) return *key;
  }
  const util::Key made = util::Key::random();
  const auto written =
      util::write_file_atomically(files.next_master, std::string(key_bytes(made)), 0600);
  if (!written) return tl::unexpected(written.error());
  return made;
}

void rewrap_tenant_keys(store::Database& keys, const std::vector<util::Key>& opened,
                        const util::Key& next) {
  keys.write([&](SQLite::Database& db) {
    const auto rows = store::tenant_keys(db);
    if (rows.size() != opened.size()) throw std::runtime_error("the keys changed meanwhile");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      store::rewrap_tenant_key(db, rows[i].generation, wrap_tenant_key(next, opened[i]));
    }
  });
  keys.empty_log();
}

// The new key takes the old one's place, and nothing of the old one stays.
util::Result<void> put_in_place(const std::string& data_dir, const util::Key& next) {
  const KeyFiles files(data_dir);
  const auto disk = util::make_disk();
  if (auto done = disk->rename(files.next_master, files.master); !done) return done;
  if (auto done = tidy_config_keys(files, next); !done) return done;
  return reseal_recovery_key(data_dir, {next});
}

}  // namespace

bool begin_tenant_rotation(store::Database& keys, const std::string& data_dir,
                           const util::Key& master, domain::Time now) {
  // Opens them all first: a new key above ones that nobody can open would only hide the trouble.
  const auto current = load_tenant_keys(keys, data_dir, master)();
  if (current.size() > 1) return true;
  const auto rows = store::tenant_keys(keys.reader());
  if (rows.empty()) return false;
  std::optional<util::Key> wrapping;
  const auto next = util::read_file(KeyFiles(data_dir).next_master, util::Key::size + 1);
  const auto next_key = next ? key_from_bytes(*next) : std::nullopt;
  if (unwrap_tenant_key(master, rows.front().wrapped)) wrapping = master;
  if (!wrapping && next_key) wrapping = next_key;
  if (!wrapping) return false;
  keys.write([&](SQLite::Database& db) {
    store::add_tenant_key(
        db, {rows.front().generation + 1, wrap_tenant_key(*wrapping, util::Key::random()), now});
  });
  return true;
}

bool tenant_rotation_pending(store::Database& keys) {
  return store::tenant_keys(keys.reader()).size() > 1;
}

std::vector<std::string> spools_of_older_keys(store::Database& keys,
                                              const recording::TenantKeys& tenant_keys,
                                              const SpoolFolder& spools) {
  const auto names = spools.disk.list_all(spools.path);
  if (!names) {
    log::warn("{}", names.error().message);
    return {spools.path};
  }
  std::vector<std::string> out;
  for (const auto& name : *names) {
    if (!name.ends_with(".spool") && !name.ends_with(".spool.damaged")) continue;
    const std::string path = spools.path + "/" + name;
    const auto spool = recording::read_spool_header(spools.disk, path);
    if (!spool || (*spool && needs_older_key(keys, tenant_keys, **spool))) out.push_back(path);
  }
  return out;
}

RotationReport finish_tenant_rotation(store::Database& keys,
                                      const recording::TenantKeys& tenant_keys,
                                      const SpoolFolder& spools,
                                      const std::function<void()>& settle,
                                      const std::function<void(std::size_t)>& progress) {
  const auto rows = store::tenant_keys(keys.reader());
  if (rows.size() < 2) return {};
  tenant_keys.reload();  // from here on this process wraps with the newest only
  auto report = rewrap(keys, tenant_keys, progress);
  // What was wrapped just before the reload is stored by now: a last pass finds it.
  settle();
  const auto last = rewrap(keys, tenant_keys, {});
  report.rewrapped += last.rewrapped;
  report.unreadable = last.unreadable;
  if (report.unreadable > 0) {
    log::error("{} item keys are damaged and open by no tenant key", report.unreadable);
  }
  // After the keys were stored: until then no running call's spool opens by its item's.
  report.waiting = spools_of_older_keys(keys, tenant_keys, spools);
  if (!report.waiting.empty()) return report;
  keys.write(
      [&](SQLite::Database& db) { store::drop_tenant_keys_before(db, rows.front().generation); });
  keys.empty_log();
  tenant_keys.reload();
  return report;
}

util::Result<void> rotate_master_key(store::Database& keys, const std::string& data_dir,
                                     const util::Key& master,
                                     const std::function<void(const char*)>& step) {
  const KeyFiles files(data_dir);
  const auto tell = [&](const char* name) {
    if (step) step(name);
  };
  if (util::master_key_is_credential() || !std::filesystem::exists(files.master)) {
    return util::fail(
        "the master key is a systemd credential; `ringfort keys credential` tells how to renew it");
  }
  tell("next key");
  const auto next = next_master(files);
  if (!next) return tl::unexpected(next.error());
  // One that a crash kept from being put in place may wrap the tenant's keys already.
  const auto opened = open_tenant_keys(keys.reader(), {master, *next});
  tell("config keys");
  if (auto done = keep_config_keys(files, master, *next); !done) return done;
  tell("recovery key");
  if (auto done = reseal_recovery_key(data_dir, {master, *next}); !done) return done;
  tell("tenant keys");
  rewrap_tenant_keys(keys, opened, *next);
  tell("in place");
  auto done = put_in_place(data_dir, *next);
  tell("done");
  return done;
}

util::Result<void> settle_master_key(store::Database& keys, const std::string& data_dir) {
  const KeyFiles files(data_dir);
  const auto text = util::read_file(files.next_master, util::Key::size + 1);
  const auto next = text ? key_from_bytes(*text) : std::nullopt;
  if (!next) return {};
  const auto rows = store::tenant_keys(keys.reader());
  if (rows.empty() || !unwrap_tenant_key(*next, rows.front().wrapped)) return {};
  return put_in_place(data_dir, *next);
}

}  // namespace ringfort::keeping
