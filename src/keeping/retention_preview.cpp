#include "keeping/retention_preview.h"

#include <utility>

#include "rules/restamp.h"
#include "rules/retention.h"
#include "store/accounts.h"
#include "store/calls.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "store/recordings.h"
#include "store/stamps.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

using nlohmann::json;

constexpr int page = 500;

// One item with both its stamps.
struct Item {
  bool recording = false;  // else a call
  std::string id;
  std::string call;
  domain::Time stamped{};
  domain::Time configured{};
};

domain::Time stamp_of_recording(store::Database& tenant, const domain::Recording& recording,
                                const domain::Directory& directory) {
  const auto details = store::find_call(tenant.reader(), recording.call);
  if (!details) return recording.gone_at;  // nobody knows whose it was: it stays as it is
  return rules::gone_at(recording.started_at, rules::kept_for(details->call, directory));
}

// Every recording with audio, then every call that is over.
void walk(store::Database& tenant, const domain::Directory& directory,
          const std::function<void(const Item&)>& visit) {
  std::string after;
  while (true) {
    const auto rows = store::recordings_after(tenant.reader(), after, page);
    if (rows.empty()) break;
    for (const auto& row : rows) {
      if (row.state != domain::RecordingState::sealed) continue;
      visit({true, row.id, row.call, row.gone_at, stamp_of_recording(tenant, row, directory)});
    }
    after = rows.back().id;
  }
  store::CallFilter filter;
  filter.limit = page;
  do {
    const auto calls = store::list_calls(tenant.reader(), filter);
    for (const auto& row : calls.rows) {
      const auto& call = row.call;
      if (!call.ended_at) continue;
      visit({false, call.id, call.id, call.gone_at,
             rules::gone_at(call.started_at, directory.retention.calls)});
    }
    filter.cursor = calls.next_cursor;
  } while (!filter.cursor.empty());
}

std::string date_of(domain::Time time) {
  return util::to_rfc3339(time).substr(0, 10);
}

void count_stamp(KindPreview& kind, const Item& item, const RetentionPreview& preview) {
  if (item.stamped <= domain::Time{}) {
    ++kind.unlimited;
    return;
  }
  if (item.stamped <= preview.at) ++kind.due;
  if (item.stamped > preview.at && (!kind.next || item.stamped < *kind.next)) {
    kind.next = item.stamped;
  }
  if (item.stamped > preview.until) return;
  ++kind.until;
  // What is due goes today, whatever day it was stamped with.
  ++kind.days[date_of(std::max(item.stamped, preview.at))];
}

void count_change(KindPreview& kind, const Item& item, domain::Time now) {
  const auto change = rules::compare_stamps(item.stamped, item.configured);
  if (change == rules::Change::earlier) ++kind.earlier;
  if (change == rules::Change::later) ++kind.later;
  const bool would_be_due = item.configured > domain::Time{} && item.configured <= now;
  const bool is_due = item.stamped > domain::Time{} && item.stamped <= now;
  if (change != rules::Change::same && would_be_due && !is_due) ++kind.at_once;
}

// The audit log has no stamps: it follows the configuration.
KindPreview audit_preview(store::Database& system, const domain::Directory& directory,
                          domain::Time now, domain::Time until) {
  const auto keep = directory.retention.audit_log;
  KindPreview out;
  out.kind = "audit_log";
  const auto due = store::audit_figures(system.reader(), now - keep);
  out.items = due.entries;
  if (keep.count() <= 0) {
    out.unlimited = due.entries;
    return out;
  }
  out.due = due.before;
  out.until = store::audit_figures(system.reader(), until - keep).before;
  if (due.oldest && *due.oldest + keep > now) out.next = *due.oldest + keep;
  return out;
}

bool is_held(store::Database& tenant, const std::string& call, domain::Time now) {
  return store::is_held(tenant.reader(), call, now);
}

}  // namespace

RetentionPreview preview_retention(const RetentionPlace& place, const domain::Directory& directory,
                                   domain::Time now, domain::Time until,
                                   const std::function<void(std::size_t)>& progress) {
  RetentionPreview out;
  out.at = now;
  out.until = until;
  KindPreview recordings, calls;
  recordings.kind = "recordings";
  calls.kind = "calls";
  std::size_t seen = 0;
  walk(place.tenant, directory, [&](const Item& item) {
    auto& kind = item.recording ? recordings : calls;
    ++kind.items;
    if (progress && ++seen % page == 0) progress(seen);
    if (is_held(place.tenant, item.call, now)) {
      ++kind.held;
      return;
    }
    count_stamp(kind, item, out);
    count_change(kind, item, now);
  });
  out.kinds = {std::move(recordings), std::move(calls),
               audit_preview(place.system, directory, now, until)};
  return out;
}

json retention_preview_json(const RetentionPreview& preview) {
  json out{{"at", util::to_rfc3339(preview.at)},
           {"until", util::to_rfc3339(preview.until)},
           {"kinds", json::array()}};
  for (const auto& kind : preview.kinds) {
    out["kinds"].push_back(
        {{"kind", kind.kind},
         {"items", kind.items},
         {"held", kind.held},
         {"unlimited", kind.unlimited},
         {"due", kind.due},
         {"until", kind.until},
         {"next", kind.next ? json(util::to_rfc3339(*kind.next)) : json(nullptr)},
         {"days", kind.days},
         {"changed",
          {{"earlier", kind.earlier}, {"later", kind.later}, {"at_once", kind.at_once}}}});
  }
  return out;
}

namespace {

// Asked again where it is written: a hold that was set a moment ago counts.
void write_stamps(const RetentionPlace& place, const std::vector<Item>& items, domain::Time now,
                  Restamped& done) {
  place.tenant.write([&](SQLite::Database& db) {
    for (const auto& item : items) {
      if (store::is_held(db, item.call, now)) {
        ++done.held;
      } else if (item.recording) {
        done.recordings += store::restamp_recording(db, item.id, item.configured) ? 1 : 0;
      } else {
        done.calls += store::restamp_call(db, item.id, item.configured) ? 1 : 0;
      }
    }
  });
}

}  // namespace

Restamped restamp(const RetentionPlace& place, const domain::Directory& directory,
                  const util::SigningKey& signer, const std::string& who, domain::Time now) {
  place.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {now, who, "retention.restamped", {}, {}});
  });
  Restamped done;
  std::vector<Item> changed;
  walk(place.tenant, directory, [&](const Item& item) {
    if (rules::compare_stamps(item.stamped, item.configured) == rules::Change::same) return;
    changed.push_back(item);
    if (changed.size() < page) return;
    write_stamps(place, std::exchange(changed, {}), now, done);
  });
  write_stamps(place, changed, now, done);
  place.tenant.write([&](SQLite::Database& db) {
    store::append_evidence(db, signer,
                           {now,
                            "times_changed",
                            {},
                            {},
                            {},
                            who,
                            "The times of " + std::to_string(done.recordings) + " recordings and " +
                                std::to_string(done.calls) + " calls follow the configuration; " +
                                std::to_string(done.held) + " under legal hold were left."});
  });
  return done;
}

}  // namespace ringfort::keeping
