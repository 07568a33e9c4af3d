#include "formats/list_marks.h"

#include "formats/evidence_json.h"
#include "store/damage.h"
#include "store/legal_holds.h"
#include "store/recordings.h"

namespace ringfort::formats {
namespace {

nlohmann::json found(const std::map<std::string, nlohmann::json>& in, const std::string& key) {
  const auto at = in.find(key);
  return at == in.end() ? nlohmann::json(nullptr) : at->second;
}

}  // namespace

ListMarks::ListMarks(SQLite::Database& tenant) {
  for (const auto& hold : store::list_legal_holds(tenant)) {
    holds_[hold.call] = legal_hold_json(hold);
  }
  for (const auto& damage : store::list_damage(tenant)) {
    damage_[damage.recording] = damage_json(damage);
  }
}

void ListMarks::add(nlohmann::json& row_json, const store::CallRow& row) const {
  auto& recording = row_json["recording"];
  if (!recording.is_object()) return;
  recording["legal_hold"] = found(holds_, row.call.id);
  recording["damage"] = row.recording ? found(damage_, row.recording->id) : nullptr;
}

nlohmann::json found_json(SQLite::Database& tenant, std::size_t most) {
  auto out = nlohmann::json::array();
  for (const auto& damage : store::list_damage(tenant)) {
    if (out.size() >= most) break;
    auto one = damage_json(damage);
    const auto recording = store::find_recording(tenant, damage.recording);
    one["recording"] = damage.recording;
    one["call"] = recording ? nlohmann::json(recording->call) : nlohmann::json(nullptr);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ringfort::formats
