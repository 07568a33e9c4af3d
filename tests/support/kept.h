// A data directory with sealed recordings, keys and everything a back-up takes.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>

#include "keeping/backup.h"
#include "keeping/evidence_key.h"
#include "keeping/key_chain.h"
#include "recording/sealed_file.h"
#include "recording/vault.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "support/stored.h"
#include "util/disk.h"

namespace ringfort::testing {

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void put(const std::filesystem::path& file, const std::string& content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

class Kept {
 public:
  TempFolder folder;
  const std::string data = (folder / "data").string();
  const std::string vault = data + "/tenants/main/vault";
  const std::string spool = data + "/tenants/main/spool";
  const std::string config_file = (folder / "ringfort.toml").string();
  std::unique_ptr<util::Disk> disk = util::make_disk();

 private:
  bool made_ = make();

 public:
  store::Database system{data + "/system.db", store::Schema::system};
  store::Database tenant{data + "/tenants/main/ringfort.db", store::Schema::tenant};
  store::Database keys{data + "/tenants/main/keys.db", store::Schema::keys};
  const recording::TenantKeys tenant_keys{
      keeping::load_tenant_keys(keys, data, util::load_master_key(data, true))};

  util::Key master() const { return util::load_master_key(data, false); }

  std::string box() { return keeping::open_signing_key(keys, tenant_keys).public_key(); }
  keeping::BackupSource source() {
    return {data, vault, config_file, system, tenant, keys, *disk, {}, box()};
  }

  // Sealed under its own key, with its row.
  domain::Recording record(const std::string& audio) {
    auto recording = sealed_recording(answered_call(++calls_ * 60), 10);
    const auto key = util::Key::random();
    auto file = recording::SealedWriter::create(*disk, vault + "/" + recording.path, key,
                                                recording.id, false);
    if (!file) throw std::runtime_error(file.error().message);
    (void)(*file)->append(std::as_bytes(std::span(audio)));
    const auto sealed = (*file)->close();
    if (!sealed) throw std::runtime_error(sealed.error().message);
    recording.bytes = sealed->bytes;
    recording.hash = sealed->hash;
    const auto wrapped = tenant_keys.wrap(key, recording.id);
    keys.write([&](SQLite::Database& db) { store::save_key(db, recording.id, wrapped); });
    tenant.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
    return recording;
  }

  // As retention does it.
  void erase(domain::Recording recording) {
    keys.write([&](SQLite::Database& db) { store::destroy_key(db, recording.id); });
    std::filesystem::remove(vault + "/" + recording.path);
    recording.state = domain::RecordingState::gone;
    recording.path.clear();
    tenant.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
  }

 private:
  bool make() {
    std::filesystem::create_directories(vault);
    std::filesystem::create_directories(spool);
    put(config_file, "[server]\nname = \"Test\"\n");
    put(data + "/tls/key.pem", "the box's own key");
    return true;
  }
  int calls_ = 0;
};

// The plain audio of `recording` as `keys` and the vault of `data` hold it; empty: unreadable.
inline std::string audio_of(const std::string& data, const domain::Recording& recording,
                            const util::Key& master) {
  store::Database keys(data + "/tenants/main/keys.db", store::Schema::keys);
  const recording::TenantKeys tenant_keys{keeping::load_tenant_keys(keys, data, master)};
  const auto wrapped = store::find_key(keys.reader(), recording.id);
  const auto key = wrapped ? tenant_keys.unwrap(*wrapped, recording.id) : std::nullopt;
  if (!key) return {};
  const auto disk = util::make_disk();
  auto file = recording::open_vault_file(*disk, data + "/tenants/main/vault/" + recording.path,
                                         *key, recording.id);
  if (!file) return {};
  std::string out((*file)->size(), '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(out)));
  return got && *got == out.size() ? out : std::string();
}

}  // namespace ringfort::testing
