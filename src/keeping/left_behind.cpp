#include "keeping/left_behind.h"

#include <algorithm>
#include <set>

#include "recording/spool.h"
#include "recording/spool_opening.h"
#include "recording/spooled_call.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/log.h"
#include "util/uuid.h"

namespace ringfort::keeping {
namespace {

constexpr std::string_view ending = ".spool";
constexpr std::string_view refused = ".spool.discarded";  // a party's no
// As many calls as may begin within the store's pace of a second or so.
constexpr int newest = 2000;

// What only the header says: it is not sealed.
domain::Call call_of(const recording::SpoolHeader& spool) {
  domain::Call call;
  call.started_at = spool.started_at;
  call.answered_at = spool.started_at;
  call.gone_at = spool.gone_at;
  call.recording = {domain::RecordingDecision::Verdict::record,
                    "It was being recorded when Ringfort was stopped.",
                    spool.gone_at - spool.started_at};
  call.trace.push_back(
      {"Ringfort was stopped before it had stored who called and where the call went.", {}});
  return call;
}

std::optional<domain::Call> facts_of(recording::SpoolReader& spool, recording::KeyStore& keys,
                                     const recording::TenantKeys& tenant_keys) {
  const auto key = recording::find_spool_keys(spool, keys, tenant_keys);
  if (!key) return std::nullopt;
  spool.set_key(key->spool);
  auto call = recording::parse_spooled_call(spool.facts());
  if (call) call->trace.push_back({"Ringfort was stopped before it had stored this call.", {}});
  return call;
}

void mark_talking(std::vector<domain::Leg>& stored, const std::vector<domain::Leg>& spooled) {
  for (auto& leg : stored) {
    const auto found = std::find_if(spooled.begin(), spooled.end(),
                                    [&](const domain::Leg& each) { return each.id == leg.id; });
    if (found == spooled.end()) continue;
    leg.answered_at = found->answered_at;
    leg.codec = found->codec;
    leg.sip_status = 200;
  }
}

// A row that was stored while it rang, with what the spool knows of the answer.
domain::Call answered(domain::Call stored, const domain::Call& spooled) {
  stored.answered_at = spooled.answered_at;
  stored.answered_by = spooled.answered_by;
  stored.gone_at = spooled.gone_at;
  stored.recording = spooled.recording;
  stored.trace.push_back(
      {"Ringfort was stopped before it had stored that this call was answered.", {}});
  mark_talking(stored.legs, spooled.legs);
  return stored;
}

// Its key goes after its spool, so a kill may come in between.
bool came_to_nothing(const domain::Recording& row) {
  return row.state == domain::RecordingState::missing || row.state == domain::RecordingState::never;
}

}  // namespace

std::size_t adopt_spooled_calls(store::Database& tenant, recording::KeyStore& keys,
                                const recording::TenantKeys& tenant_keys, util::Disk& disk,
                                const std::string& spool_dir) {
  std::size_t adopted = 0;
  for (const auto& name : disk.list(spool_dir)) {
    if (!name.ends_with(ending) && !name.ends_with(refused)) continue;
    const auto spool = recording::SpoolReader::open(disk, spool_dir + "/" + name);
    if (!spool) continue;
    const auto& header = (*spool)->header();
    const auto row = store::find_call(tenant.reader(), header.call);
    if (row && (row->call.answered_at || row->call.ended_at)) continue;
    auto call = facts_of(**spool, keys, tenant_keys).value_or(call_of(header));
    if (call.gone_at.time_since_epoch().count() == 0) call.gone_at = header.gone_at;
    if (row) {
      call = answered(row->call, call);
    } else {
      call.legs.clear();  // too little of them is known
    }
    call.id = header.call;
    call.events.push_back({*call.answered_at, domain::EventKind::answered, {}, {}});
    tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
    ++adopted;
  }
  return adopted;
}

std::size_t drop_lonely_keys(store::Database& tenant, store::Database& keys, util::Disk& disk,
                             const std::string& spool_dir) {
  const auto names = disk.list_all(spool_dir);
  if (!names) {  // nobody knows what is needed
    log::warn("{}", names.error().message);
    return 0;
  }
  std::set<std::string> spooled, named;  // by their headers, or not to be told; by their files
  for (const auto& name : *names) {
    const auto id = name.substr(0, name.find('.'));
    named.insert(id);
    const auto spool = recording::read_spool_header(disk, spool_dir + "/" + name);
    if (!spool) spooled.insert(id);
    if (spool && *spool) spooled.insert((*spool)->header.id);
  }
  std::set<std::string> needed = named;
  needed.insert(spooled.begin(), spooled.end());
  keys.write([&](SQLite::Database& db) { store::forget_refused_keys(db, needed); });
  std::size_t dropped = 0;
  for (const auto& item : store::newest_key_items(keys.reader(), newest)) {
    if (!util::is_uuid(item)) continue;  // no recording's, but one of our own
    if (spooled.contains(item)) continue;
    const auto row = store::find_recording(tenant.reader(), item);
    if (row && (!came_to_nothing(*row) || named.contains(item))) continue;
    keys.write([&](SQLite::Database& db) { store::destroy_key(db, item); });
    ++dropped;
  }
  return dropped;
}

}  // namespace ringfort::keeping
