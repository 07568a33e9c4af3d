// `ringfort user …` and `ringfort setup-link`: the accounts, from a shell.
#include <chrono>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "store/accounts.h"
#include "util/clock.h"
#include "util/crypto.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

constexpr std::size_t shortest_password = 10;
const util::SystemClock system_clock;

std::string new_password(const Arguments& arguments) {
  std::string password = read_secret("New password: ");
  if (!arguments.has("--password-stdin") && read_secret("Again: ") != password) {
    throw std::runtime_error("the two passwords differ");
  }
  if (password.size() < shortest_password) {
    throw std::runtime_error("a password needs at least 10 characters");
  }
  return password;
}

void audit(SQLite::Database& db, const std::string& action, const std::string& name) {
  store::save_audit(db, {system_clock.now(), "cli", action, {}, name});
}

int add(const Arguments& arguments, OpenStore& open) {
  const std::string& name = arguments.word(1, "the user's name");
  if (!store::is_user_name(name)) {
    throw UsageError("a user name has 1 to 64 letters, digits or . _ - @");
  }
  const auto role = store::parse_role(arguments.value("--role").value_or("staff"));
  if (!role) throw UsageError("--role is owner, admin or staff");
  const std::string hash = util::hash_password(new_password(arguments));
  open.system.write([&](SQLite::Database& db) {
    audit(db, "user.added", name);
    store::add_user(db, name, *role, hash, system_clock.now());
  });
  fmt::print("User {} was added as {}.\n", name, store::to_string(*role));
  return 0;
}

int change_password(const Arguments& arguments, OpenStore& open) {
  const std::string& name = arguments.word(1, "the user's name");
  const std::string hash = util::hash_password(new_password(arguments));
  bool known = false;
  open.system.write([&](SQLite::Database& db) {
    audit(db, "user.password_changed", name);
    known = store::set_password(db, name, hash);
  });
  if (!known) throw std::runtime_error("there is no user " + name);
  fmt::print("The password of {} was changed; they are signed out everywhere.\n", name);
  return 0;
}

int list(const Arguments& arguments, OpenStore& open) {
  for (const auto& user : store::list_users(open.system.reader())) {
    const std::string last = user.last_sign_in ? util::to_rfc3339(*user.last_sign_in) : "never";
    const std::string role(store::to_string(user.role));
    if (arguments.has("--json")) {
      nlohmann::json line{{"name", user.name},
                          {"role", role},
                          {"disabled", user.disabled},
                          {"created_at", util::to_rfc3339(user.created_at)},
                          {"last_sign_in", nullptr}};
      if (user.last_sign_in) line["last_sign_in"] = last;
      fmt::print("{}\n", line.dump());
    } else {
      fmt::print("{:<24} {:<8} last signed in: {}{}\n", user.name, role, last,
                 user.disabled ? "  (disabled)" : "");
    }
  }
  return 0;
}

}  // namespace

int user_command(const Words& words) {
  const Arguments arguments(words, {"--role"}, {"--password-stdin", "--json"});
  const std::string& action = arguments.word(0, "add, list or passwd");
  const auto loaded = load_config(arguments.config_file(), MasterKey::create);
  if (!loaded.good) throw std::runtime_error(loaded.described);
  OpenStore open(loaded);
  if (action == "add") return add(arguments, open);
  if (action == "passwd") return change_password(arguments, open);
  if (action == "list") return list(arguments, open);
  throw UsageError("there is no \"user " + action + "\"");
}

int setup_link_command(const Words& words) {
  const Arguments arguments(words, {}, {});
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  if (store::count_users(open.system.reader()) > 0) {
    fmt::print(stderr, "There is a user already; `ringfort user add` makes more.\n");
    return 1;
  }
  const std::string token = util::random_token();
  open.system.write([&](SQLite::Database& db) {
    store::save_setup_token(db, token, system_clock.now() + store::setup_token_life);
  });
  const auto& http = loaded.config.http;
  const bool any = http.host == "0.0.0.0" || http.host == "::";
  fmt::print("https://{}:{}/set-up#{}\n", any ? "localhost" : http.host, http.port, token);
  return 0;
}

}  // namespace ringfort::daemon
