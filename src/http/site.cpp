#include "http/site.h"

#include "http/problem.h"

namespace ringfort::http {
namespace {

constexpr std::size_t most_waveforms = 200;

}  // namespace

std::optional<std::string> WaveformCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(key);
  if (found == kept_.end()) return std::nullopt;
  return found->second;
}

void WaveformCache::keep(const std::string& key, const std::string& json) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= most_waveforms) kept_.erase(kept_.begin());  // the oldest id
  kept_[key] = json;
}

void Site::audit(const std::string& who, const std::string& action, const std::string& item,
                 const std::string& detail) {
  services.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {now(), who, action, item, detail});
  });
}

void Exchange::send(const nlohmann::json& body, int status) {
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                       "application/json");
}

void Exchange::refuse(int status, const std::string& title, const std::string& detail) {
  send_problem(response, status, title, detail);
}

std::optional<nlohmann::json> Exchange::object() {
  auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (body.is_object()) return body;
  refuse(400, "The request's body is not a JSON object.");
  return std::nullopt;
}

std::optional<std::string> Exchange::text(const nlohmann::json& body, const char* name,
                                          std::size_t most) {
  const auto found = body.find(name);
  if (found != body.end() && found->is_string()) {
    auto value = found->get<std::string>();
    if (value.size() <= most) return value;
  }
  refuse(422, std::string("\"") + name + "\" must be a text of at most " + std::to_string(most) +
                  " bytes.");
  return std::nullopt;
}

}  // namespace ringfort::http
