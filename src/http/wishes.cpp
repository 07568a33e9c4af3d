#include "http/wishes.h"

#include <stdexcept>

namespace ringfort::http {
namespace {

std::optional<audio::AudioFormat> format_named(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto format = audio::format_of(name);
  if (!format) throw std::invalid_argument("\"format\" is opus, ogg, wav, mp3 or aac.");
  return format;
}

int checked_channels(std::int64_t channels) {
  if (channels != 1 && channels != 2) throw std::invalid_argument("\"channels\" is 1 or 2.");
  return static_cast<int>(channels);
}

}  // namespace

formats::Wish wish_of(const httplib::Request& request) {
  formats::Wish out;
  out.format = format_named(request.get_param_value("format"));
  const std::string channels = request.get_param_value("channels");
  if (!channels.empty()) {
    out.channels = checked_channels(channels.size() == 1 ? channels[0] - '0' : 0);
  }
  out.numbers = request.get_param_value("numbers") == "1";
  return out;
}

formats::Wish wish_of(const nlohmann::json& body) {
  formats::Wish out;
  if (const auto format = body.find("format"); format != body.end() && !format->is_null()) {
    if (!format->is_string()) throw std::invalid_argument("\"format\" must be a text.");
    out.format = format_named(format->get<std::string>());
  }
  if (const auto channels = body.find("channels"); channels != body.end()) {
    out.channels =
        checked_channels(channels->is_number_integer() ? channels->get<std::int64_t>() : 0);
  }
  if (const auto numbers = body.find("numbers"); numbers != body.end()) {
    if (!numbers->is_boolean()) throw std::invalid_argument("\"numbers\" is true or false.");
    out.numbers = numbers->get<bool>();
  }
  return out;
}

formats::Vault vault_of(const Site& site) {
  const auto& services = site.services;
  return {services.key_store, services.tenant_key, services.disk, services.vault_dir,
          services.damage_found};
}

}  // namespace ringfort::http
