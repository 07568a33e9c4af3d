#include "store/evidence.h"

#include <algorithm>

#include "store/cached.h"
#include "util/text.h"

namespace ringfort::store {
namespace {

constexpr std::size_t longest_field = 500;

constexpr const char* columns =
    "SELECT sequence, at, kind, item, item_hash, call, who, detail, previous, hash, signature "
    "FROM evidence ";

// One line: a line end inside a field would make two texts look the same.
std::string line(const std::string& text) {
  std::string out = util::clean_utf8(text, longest_field);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return out;
}

std::optional<domain::EvidenceEntry> next_entry(Query& row) {
  if (!row.next()) return std::nullopt;
  domain::EvidenceEntry out;
  out.sequence = row.integer();
  out.at = row.time();
  out.kind = row.text();
  out.item = row.text();
  out.item_hash = row.text();
  out.call = row.text();
  out.who = row.text();
  out.detail = row.text();
  out.previous = row.text();
  out.hash = row.text();
  out.signature = row.text();
  return out;
}

std::optional<domain::EvidenceEntry> evidence_head(Statements& statements) {
  Query query(statements, std::string(columns) + "ORDER BY sequence DESC LIMIT 1");
  return next_entry(query);
}

}  // namespace

std::string evidence_text(const domain::EvidenceEntry& entry) {
  std::string out = "ringfort-evidence-1\n";
  for (const auto& field :
       {std::to_string(entry.sequence), std::to_string(entry.at.time_since_epoch().count()),
        entry.kind, entry.item, entry.item_hash, entry.call, entry.who, entry.detail,
        entry.previous}) {
    out += field;
    out += '\n';
  }
  return out;
}

domain::EvidenceEntry append_evidence(SQLite::Database& db, const util::SigningKey& signer,
                                      const domain::EvidenceDraft& draft) {
  Statements once(db);
  return append_evidence(once, signer, draft);
}

domain::EvidenceEntry append_evidence(Statements& statements, const util::SigningKey& signer,
                                      const domain::EvidenceDraft& draft) {
  domain::EvidenceEntry entry;
  static_cast<domain::EvidenceDraft&>(entry) = draft;
  for (auto* field :
       {&entry.kind, &entry.item, &entry.item_hash, &entry.call, &entry.who, &entry.detail}) {
    *field = line(*field);
  }
  if (const auto head = evidence_head(statements)) {
    entry.sequence = head->sequence;
    entry.previous = head->hash;
  }
  ++entry.sequence;
  entry.hash = util::sha256_hex(evidence_text(entry));
  entry.signature = signer.sign(entry.hash);
  Query(statements,
        "INSERT INTO evidence (sequence, at, kind, item, item_hash, call, who, detail, previous, "
        "hash, signature) VALUES (?,?,?,?,?,?,?,?,?,?,?)")
      .bind(entry.sequence, entry.at, entry.kind, entry.item, entry.item_hash, entry.call,
            entry.who, entry.detail, entry.previous, entry.hash, entry.signature)
      .run();
  return entry;
}

// The same file is told of once, however often its row is saved.
void note_sealed(Statements& statements, const util::SigningKey& signer,
                 const domain::Recording& recording) {
  {
    Query known(statements,
                "SELECT 1 FROM evidence WHERE item = ? AND kind = 'sealed' "
                "AND item_hash = ?");
    if (known.bind(recording.id, recording.hash).next()) return;
  }
  append_evidence(statements, signer,
                  {recording.sealed_at.value_or(recording.started_at), "sealed", recording.id,
                   recording.hash, recording.call, "ringfort",
                   std::to_string(recording.bytes) + " bytes, " + recording.format});
}

// Without the recording's reason: it may name the caller, and this log is kept for good.
void note_discarded(Statements& statements, const util::SigningKey& signer,
                    const domain::Recording& recording) {
  {
    Query known(statements, "SELECT 1 FROM evidence WHERE item = ? AND kind = 'discarded'");
    if (known.bind(recording.id).next()) return;
  }
  append_evidence(statements, signer,
                  {recording.started_at, "discarded", recording.id, recording.hash, recording.call,
                   "ringfort", "Key destroyed; a party asked not to be recorded."});
}

std::optional<domain::EvidenceEntry> evidence_head(SQLite::Database& db) {
  Statements once(db);
  return evidence_head(once);
}

std::vector<domain::EvidenceEntry> evidence_after(SQLite::Database& db, std::int64_t sequence,
                                                  int limit) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE sequence > ? ORDER BY sequence LIMIT ?");
  query.bind(sequence, limit);
  std::vector<domain::EvidenceEntry> out;
  while (auto entry = next_entry(query)) out.push_back(std::move(*entry));
  return out;
}

std::optional<domain::EvidenceEntry> last_evidence(SQLite::Database& db, const std::string& item,
                                                   const std::string& kind) {
  Statements once(db);
  Query query(once, std::string(columns) +
                        "WHERE item = ? AND (? = '' OR kind = ?) ORDER BY sequence DESC LIMIT 1");
  return next_entry(query.bind(item, kind, kind));
}

std::string item_with_hash(SQLite::Database& db, const std::string& item_hash) {
  Statements once(db);
  // Seldom asked: only about a file that is not what it was.
  Query query(once, "SELECT id FROM recordings WHERE hash = ? LIMIT 1");
  return query.bind(item_hash).next() ? query.text() : std::string();
}

std::optional<std::string> evidence_fault(const domain::EvidenceEntry& entry,
                                          const std::optional<domain::EvidenceEntry>& previous,
                                          const std::string& public_key) {
  const std::string name = "Entry " + std::to_string(entry.sequence);
  if (entry.sequence != (previous ? previous->sequence + 1 : 1)) {
    return name + " follows a gap: entries before it were removed.";
  }
  if (entry.previous != (previous ? previous->hash : std::string())) {
    return name + " does not follow the entry before it.";
  }
  if (util::sha256_hex(evidence_text(entry)) != entry.hash) return name + " was changed.";
  if (!util::verify_signature(public_key, entry.hash, entry.signature)) {
    return name + " was not signed by this box.";
  }
  return std::nullopt;
}

void save_evidence_end(SQLite::Database& keys, const EvidenceEnd& end) {
  Statements once(keys);
  Query(once, "INSERT OR REPLACE INTO evidence_head (one, sequence, hash) VALUES (1, ?, ?)")
      .bind(end.sequence, end.hash)
      .run();
}

std::optional<EvidenceEnd> evidence_end(SQLite::Database& keys) {
  Statements once(keys);
  Query query(once, "SELECT sequence, hash FROM evidence_head");
  if (!query.next()) return std::nullopt;
  EvidenceEnd out;
  out.sequence = query.integer();
  out.hash = query.text();
  return out;
}

}  // namespace ringfort::store
