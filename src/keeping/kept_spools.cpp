#include "keeping/kept_spools.h"

#include <string_view>

#include "store/deletions.h"
#include "store/keys.h"
#include "store/legal_holds.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::keeping {
namespace {

using State = domain::RecordingState;

constexpr std::string_view ending = ".spool.damaged";

// The recordings that have such a spool.
std::vector<std::string> kept(util::Disk& disk, const std::string& spool_dir) {
  std::vector<std::string> out;
  for (const auto& name : disk.list(spool_dir)) {
    if (name.ends_with(ending)) out.push_back(name.substr(0, name.size() - ending.size()));
  }
  return out;
}

domain::Recording described(const recording::SpoolHeader& header, const std::string& id) {
  domain::Recording out;
  out.id = id;
  out.call = header.call;
  out.started_at = header.started_at;
  out.gone_at = header.gone_at;
  return out;
}

}  // namespace

std::string kept_spool(const std::string& spool_dir, const std::string& recording) {
  return spool_dir + "/" + recording + std::string(ending);
}

std::optional<recording::SpoolHeader> kept_spool_header(util::Disk& disk,
                                                        const std::string& spool_dir,
                                                        const std::string& recording) {
  const auto spool = recording::SpoolReader::open(disk, kept_spool(spool_dir, recording));
  if (!spool) return std::nullopt;
  return (*spool)->header();
}

std::vector<domain::Recording> expired_spools(SQLite::Database& tenant, util::Disk& disk,
                                              const std::string& spool_dir, domain::Time now) {
  std::vector<domain::Recording> out;
  for (const auto& id : kept(disk, spool_dir)) {
    auto row = store::find_recording(tenant, id);
    // The others go with their sealed audio, or are being worked on.
    if (row && row->state != State::missing && row->state != State::never &&
        row->state != State::gone) {
      continue;
    }
    if (!row) {
      const auto header = kept_spool_header(disk, spool_dir, id);
      if (!header) continue;
      row = described(*header, id);
    }
    const bool stamped = row->gone_at.time_since_epoch().count() > 0;
    if (!stamped || row->gone_at > now || store::is_held(tenant, row->call, now)) continue;
    if (!store::is_being_deleted(tenant, id)) out.push_back(std::move(*row));
  }
  return out;
}

std::size_t drop_useless_spools(store::Database& tenant, store::Database& keys, util::Disk& disk,
                                const std::string& spool_dir) {
  std::size_t dropped = 0;
  for (const auto& id : kept(disk, spool_dir)) {
    if (store::find_recording(tenant.reader(), id) || store::find_key(keys.reader(), id)) continue;
    if (kept_spool_header(disk, spool_dir, id)) continue;
    if (auto gone = recording::remove_spool(disk, kept_spool(spool_dir, id)); !gone) {
      log::warn("{}", gone.error().message);  // tried again at the next start
      continue;
    }
    ++dropped;
  }
  return dropped;
}

}  // namespace ringfort::keeping
