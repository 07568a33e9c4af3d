// Extensions with their phones, and trunks.
#include <map>
#include <set>

#include "http/handlers/handlers.h"
#include "util/text.h"

namespace ringfort::http {
namespace {

std::string_view word(domain::RecordingMode mode) {
  switch (mode) {
    case domain::RecordingMode::inherit:
      return "inherit";
    case domain::RecordingMode::always:
      return "always";
    case domain::RecordingMode::on_demand:
      return "on-demand";
    case domain::RecordingMode::never:
      return "never";
  }
  return "";
}

nlohmann::json phone_json(const domain::Binding& binding) {
  return {{"device", binding.device},
          {"address", binding.received},
          {"registered_at", util::to_rfc3339(binding.registered_at)},
          {"expires_at", util::to_rfc3339(binding.expires_at)}};
}

std::set<std::string> extensions_on_calls(const Site& site) {
  std::set<std::string> out;
  for (const auto& call : site.services.live_calls()) {
    for (const auto& leg : call.legs) {
      if (!leg.ended_at) out.insert(leg.party.extension);
    }
  }
  return out;
}

}  // namespace

nlohmann::json trunk_json(const domain::TrunkStatus& status) {
  return {{"name", status.trunk},
          {"registers", status.registers},
          {"usable", status.usable},
          {"detail", status.detail},
          {"since", util::to_rfc3339(status.since)}};
}

void extensions_list(Exchange& exchange) {
  const auto& site = exchange.site;
  std::map<std::string, nlohmann::json> phones;
  for (const auto& binding : site.services.bindings()) {
    phones[binding.extension].push_back(phone_json(binding));
  }
  const auto busy = extensions_on_calls(site);
  nlohmann::json body{{"extensions", nlohmann::json::array()}};
  for (const auto& extension : site.services.directory()->extensions) {
    if (extension.number.starts_with('*')) continue;  // the self-test's own
    const auto found = phones.find(extension.number);
    const bool registered = found != phones.end();
    body["extensions"].push_back({{"number", extension.number},
                                  {"name", extension.name},
                                  {"recording", word(extension.recording)},
                                  {"registered", registered},
                                  {"phones", registered ? found->second : nlohmann::json::array()},
                                  {"on_call", busy.contains(extension.number)}});
  }
  exchange.send(body);
}

void trunks_list(Exchange& exchange) {
  nlohmann::json body{{"trunks", nlohmann::json::array()}};
  for (const auto& status : exchange.site.services.trunks()) {
    body["trunks"].push_back(trunk_json(status));
  }
  exchange.send(body);
}

}  // namespace ringfort::http
