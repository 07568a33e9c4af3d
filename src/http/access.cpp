#include "http/access.h"

namespace ringfort::http {
namespace {

constexpr auto memory = std::chrono::minutes(15);
constexpr std::size_t most_keys = 10'000;
constexpr std::size_t longest_token = 128;

}  // namespace

bool may(store::Role role, Permission permission) {
  switch (permission) {
    case Permission::anyone:
    case Permission::signed_in:
    case Permission::see_calls:
    case Permission::listen:
      return true;
    case Permission::export_calls:
    case Permission::hang_up:
    case Permission::control_recording:
    case Permission::listen_live:
    case Permission::hold_calls:
    case Permission::see_system:
      return role == store::Role::owner || role == store::Role::admin;
    case Permission::delete_calls:
    case Permission::own:
      return role == store::Role::owner;
  }
  return false;
}

std::string_view to_string(Permission permission) {
  switch (permission) {
    case Permission::anyone:
      return "anyone";
    case Permission::signed_in:
      return "signed in";
    case Permission::see_calls:
      return "calls.see";
    case Permission::listen:
      return "calls.listen";
    case Permission::export_calls:
      return "calls.export";
    case Permission::hang_up:
      return "calls.hang_up";
    case Permission::control_recording:
      return "calls.control_recording";
    case Permission::listen_live:
      return "calls.listen_live";
    case Permission::hold_calls:
      return "calls.hold";
    case Permission::delete_calls:
      return "calls.delete";
    case Permission::see_system:
      return "system.see";
    case Permission::own:
      return "system.own";
  }
  return "";
}

std::vector<std::string_view> permissions(store::Role role) {
  std::vector<std::string_view> out;
  for (auto at = static_cast<int>(Permission::see_calls); at <= static_cast<int>(Permission::own);
       ++at) {
    const auto permission = static_cast<Permission>(at);
    if (may(role, permission)) out.push_back(to_string(permission));
  }
  return out;
}

std::string session_token(const httplib::Request& request) {
  const std::string cookies = request.get_header_value("Cookie");
  const std::string wanted = std::string(cookie_name) + "=";
  for (std::size_t at = 0; at < cookies.size();) {
    const auto end = std::min(cookies.find(';', at), cookies.size());
    const auto first = cookies.find_first_not_of(' ', at);
    if (first < end && cookies.compare(first, wanted.size(), wanted) == 0) {
      return cookies.substr(first + wanted.size(), end - first - wanted.size())
          .substr(0, longest_token);
    }
    at = end + 1;
  }
  return {};
}

void set_cookie(httplib::Response& response, const std::string& token) {
  response.set_header("Set-Cookie", std::string(cookie_name) + "=" + token +
                                        "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" +
                                        std::to_string(std::chrono::seconds(session_life).count()));
}

void clear_cookie(httplib::Response& response) {
  response.set_header("Set-Cookie", std::string(cookie_name) +
                                        "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

bool Throttle::admit(const std::string& key, int most) {
  const std::lock_guard lock(mutex_);
  if (tries_.size() >= most_keys) forget_old();
  auto& tries = tries_[key];
  if (clock_.steady() - tries.last >= memory) tries.count = 0;
  if (tries.count >= most) return false;
  ++tries.count;
  tries.last = clock_.steady();
  return true;
}

void Throttle::succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  tries_.erase(key);
}

void Throttle::forget_old() {
  std::erase_if(
      tries_, [this](const auto& entry) { return clock_.steady() - entry.second.last >= memory; });
  if (tries_.size() >= most_keys) tries_.clear();
}

}  // namespace ringfort::http
