// Sign in, sign out, and the first user by the set-up link.
#include "http/handlers/handlers.h"
#include "util/crypto.h"

namespace ringfort::http {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_password = 1024;
constexpr std::size_t shortest_password = 10;
constexpr int tries_by_name = 10;
constexpr int tries_by_address = 30;

nlohmann::json session_json(const Site& site, const store::User& user, const std::string& csrf) {
  return {{"user",
           {{"name", user.name},
            {"role", store::to_string(user.role)},
            {"permissions", permissions(user.role)}}},
          {"csrf_token", csrf},
          {"server",
           {{"name", site.config.server.name},
            {"time_zone", site.config.server.time_zone},
            {"country", site.config.server.country},
            {"version", RINGFORT_VERSION}}}};
}

void begin_session(Exchange& exchange, const store::User& user, int status) {
  const std::string token = util::random_token();
  const std::string csrf = util::random_token();
  const auto now = exchange.site.now();
  exchange.site.services.system.write([&](SQLite::Database& db) {
    store::delete_expired_sessions(db, now);
    store::start_session(db, user.id, token, csrf, now, now + session_life);
  });
  set_cookie(exchange.response, token);
  exchange.send(session_json(exchange.site, user, csrf), status);
}

// A hash to check against when there is no such user: the answer takes as long either way.
const std::string& nobodys_hash() {
  static const std::string hash = util::hash_password("nobody has this password");
  return hash;
}

// Takes as long whether or not there is such a user.
bool fits(Site& site, const std::optional<store::UserWithHash>& found,
          const std::string& password) {
  const Slot slot(site.hard_work);
  const bool good = util::verify_password(found ? found->password_hash : nobodys_hash(), password);
  return found && good && !found->user.disabled;
}

}  // namespace

void session_create(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  const auto name = exchange.text(*body, "username", longest_name);
  if (!name) return;
  const auto password = exchange.text(*body, "password", longest_password);
  if (!password) return;
  const std::string& address = exchange.request.remote_addr;
  const std::string both = *name + "\n" + address;
  auto& throttle = exchange.site.throttle;
  if (!throttle.admit(both, tries_by_name) || !throttle.admit(address, tries_by_address)) {
    exchange.response.set_header("Retry-After", "900");
    return exchange.refuse(429, "Too many wrong passwords. Try again in 15 minutes.");
  }
  const auto found = store::find_user(exchange.site.services.system.reader(), *name);
  if (!fits(exchange.site, found, *password)) {
    // A name that nobody has may be a password typed into the wrong field: it is not kept.
    exchange.site.audit(found ? *name : "?", "session.refused", {}, address);
    return exchange.refuse(401, "The name or the password is wrong.");
  }
  throttle.succeeded(both);
  throttle.succeeded(address);
  exchange.site.audit(found->user.name, "session.began", {}, address);
  begin_session(exchange, found->user, 200);
}

void session_show(Exchange& exchange) {
  exchange.send(session_json(exchange.site, exchange.who->user, exchange.who->csrf_token));
}

void session_delete(Exchange& exchange) {
  exchange.site.audit(exchange.who->user.name, "session.ended", {});
  exchange.site.services.system.write(
      [&](SQLite::Database& db) { store::end_session(db, session_token(exchange.request)); });
  clear_cookie(exchange.response);
  exchange.response.status = 204;
}

void setup_show(Exchange& exchange) {
  const bool needed = store::count_users(exchange.site.services.system.reader()) == 0;
  exchange.send({{"needed", needed}});
}

void setup_create(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  const auto token = exchange.text(*body, "token", 128);
  if (!token) return;
  const auto name = exchange.text(*body, "username", longest_name);
  if (!name) return;
  const auto password = exchange.text(*body, "password", longest_password);
  if (!password) return;
  auto& system = exchange.site.services.system;
  if (store::count_users(system.reader()) > 0) {
    return exchange.refuse(409, "Ringfort is set up already. Sign in instead.");
  }
  if (!store::is_user_name(*name)) {
    return exchange.refuse(422, "A user name has letters, digits, dots, dashes or @.");
  }
  if (password->size() < shortest_password) {
    return exchange.refuse(422, "The password needs at least 10 characters.");
  }
  if (!store::check_setup_token(system.reader(), *token, exchange.site.now())) {
    return exchange.refuse(403, "This set-up link is not good any more.",
                           "`ringfort setup-link` prints a new one.");
  }
  const std::string hash = [&] {
    const Slot slot(exchange.site.hard_work);
    return util::hash_password(*password);
  }();
  std::optional<store::User> owner;
  system.write([&](SQLite::Database& db) {
    owner = store::use_setup_token(db, *token, *name, hash, exchange.site.now());
  });
  if (!owner) return exchange.refuse(403, "This set-up link is not good any more.");
  exchange.site.audit(owner->name, "user.set_up", {}, exchange.request.remote_addr);
  begin_session(exchange, *owner, 201);
}

}  // namespace ringfort::http
