#include "formats/evidence_json.h"

#include "store/damage.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "util/text.h"

namespace ringfort::formats {
namespace {

using nlohmann::json;

constexpr std::string_view destroyed = "Key destroyed; ";
constexpr std::size_t longest_line = 64 << 10;

json time_or_null(const std::optional<domain::Time>& time) {
  return time ? json(util::to_rfc3339(*time)) : json(nullptr);
}

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

// An entry that the first one of a partial export can follow.
std::optional<domain::EvidenceEntry> predecessor(const domain::EvidenceEntry& first) {
  if (first.sequence <= 1) return std::nullopt;
  domain::EvidenceEntry out;
  out.sequence = first.sequence - 1;
  out.hash = first.previous;
  return out;
}

}  // namespace

json evidence_json(const domain::EvidenceEntry& entry) {
  return {{"sequence", entry.sequence},
          {"at", util::to_rfc3339(entry.at)},
          {"kind", entry.kind},
          {"item", entry.item},
          {"item_hash", entry.item_hash},
          {"call", entry.call},
          {"who", entry.who},
          {"detail", entry.detail},
          {"previous", entry.previous},
          {"hash", entry.hash},
          {"signature", entry.signature}};
}

std::optional<domain::EvidenceEntry> parse_evidence(std::string_view line) {
  if (line.size() > longest_line) return std::nullopt;
  const auto in = json::parse(line, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  const auto sequence = in.find("sequence");
  if (sequence == in.end() || !sequence->is_number_integer()) return std::nullopt;
  domain::EvidenceEntry out;
  out.sequence = sequence->get<std::int64_t>();
  std::string at;
  const std::pair<const char*, std::string*> fields[] = {{"at", &at},
                                                         {"kind", &out.kind},
                                                         {"item", &out.item},
                                                         {"call", &out.call},
                                                         {"item_hash", &out.item_hash},
                                                         {"who", &out.who},
                                                         {"detail", &out.detail},
                                                         {"previous", &out.previous},
                                                         {"hash", &out.hash},
                                                         {"signature", &out.signature}};
  for (const auto& [name, field] : fields) {
    const auto found = in.find(name);
    if (found == in.end() || !found->is_string()) return std::nullopt;
    *field = found->get<std::string>();
  }
  const auto time = util::from_rfc3339(at);
  if (!time) return std::nullopt;
  out.at = *time;
  return out;
}

json evidence_head_json(const std::optional<domain::EvidenceEntry>& head,
                        const std::string& public_key) {
  if (!head) {
    return {{"sequence", 0},
            {"hash", ""},
            {"signed_at", nullptr},
            {"signature", ""},
            {"public_key", public_key}};
  }
  return {{"sequence", head->sequence},
          {"hash", head->hash},
          {"signed_at", util::to_rfc3339(head->at)},
          {"signature", head->signature},
          {"public_key", public_key}};
}

json receipt_json(const domain::EvidenceEntry& entry) {
  std::string_view reason = entry.detail;
  if (reason.starts_with(destroyed)) reason.remove_prefix(destroyed.size());
  return {{"item", entry.item},
          {"hash", text_or_null(entry.item_hash)},
          {"call", entry.call},
          {"kind", entry.kind},
          {"by", entry.who},
          {"reason", reason},
          {"at", util::to_rfc3339(entry.at)},
          {"key_destroyed", true},
          {"sequence", entry.sequence},
          {"entry_hash", entry.hash},
          {"signature", entry.signature}};
}

json legal_hold_json(const domain::LegalHold& hold) {
  return {{"reason", hold.reason},
          {"by", hold.by},
          {"since", util::to_rfc3339(hold.since)},
          {"until", time_or_null(hold.until)}};
}

json damage_json(const domain::Damage& damage) {
  return {{"kind", damage.kind},
          {"text", damage.text},
          {"found_at", util::to_rfc3339(damage.found_at)}};
}

json keeping_json(SQLite::Database& tenant, const std::string& call,
                  const std::optional<domain::Recording>& recording) {
  const auto hold = store::find_legal_hold(tenant, call);
  json out{{"legal_hold", hold ? legal_hold_json(*hold) : json(nullptr)}};
  if (!recording) return out;
  out["hash"] = text_or_null(recording->hash);
  const auto sealed = store::last_evidence(tenant, recording->id, "sealed");
  out["evidence"] = sealed ? json(sealed->sequence) : json(nullptr);
  const auto damage = store::find_damage(tenant, recording->id);
  out["damage"] = damage ? damage_json(*damage) : json(nullptr);
  out["receipt"] = nullptr;
  if (recording->state == domain::RecordingState::gone ||
      recording->state == domain::RecordingState::never) {
    const auto last = store::last_evidence(tenant, recording->id, "");
    if (last && domain::is_receipt(*last)) out["receipt"] = receipt_json(*last);
  }
  return out;
}

EvidenceCheck check_exported_evidence(const std::function<bool(std::string&)>& next_line,
                                      const std::string& public_key) {
  EvidenceCheck out;
  std::optional<domain::EvidenceEntry> before;
  std::string line;
  while (next_line(line)) {
    if (line.empty()) continue;
    auto entry = parse_evidence(line);
    if (!entry) {
      out.fault = out.last == 0 ? "The first line is no entry of an evidence log."
                                : "What follows entry " + std::to_string(out.last) +
                                      " is no entry of an evidence log.";
      return out;
    }
    if (out.last == 0) {
      out.first = entry->sequence;
      before = predecessor(*entry);
    }
    if (const auto fault = store::evidence_fault(*entry, before, public_key)) {
      out.fault = *fault;
      return out;
    }
    out.last = entry->sequence;
    out.hash = entry->hash;
    before = std::move(entry);
  }
  return out;
}

}  // namespace ringfort::formats
