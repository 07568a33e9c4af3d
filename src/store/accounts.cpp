#include "store/accounts.h"

#include <stdexcept>

#include <SQLiteCpp/Statement.h>

#include "store/rows.h"
#include "util/crypto.h"

namespace ringfort::store {
namespace {

constexpr std::size_t longest_name = 64;

User user_from(const SQLite::Statement& row) {
  User out;
  out.id = row.getColumn(0).getInt64();
  out.name = row.getColumn(1).getString();
  out.role = parse_role(row.getColumn(2).getString()).value_or(Role::staff);
  out.disabled = row.getColumn(3).getInt() != 0;
  out.created_at = column_time(row, 4);
  out.last_sign_in = column_optional_time(row, 5);
  return out;
}

void clear_expired_tokens(SQLite::Database& system, domain::Time now) {
  SQLite::Statement clear(system, "DELETE FROM setup_tokens WHERE expires_at <= ?");
  bind_time(clear, 1, now);
  clear.exec();
}

}  // namespace

std::optional<Role> parse_role(std::string_view text) {
  if (text == "owner") return Role::owner;
  if (text == "admin") return Role::admin;
  if (text == "staff") return Role::staff;
  return std::nullopt;
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::owner:
      return "owner";
    case Role::admin:
      return "admin";
    case Role::staff:
      return "staff";
  }
  return "";
}

bool is_user_name(std::string_view name) {
  static constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
  return !name.empty() && name.size() <= longest_name &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

User add_user(SQLite::Database& system, const std::string& name, Role role,
              const std::string& password_hash, domain::Time now) {
  SQLite::Statement add(system,
                        "INSERT OR IGNORE INTO users (name, role, password_hash, created_at) "
                        "VALUES (?,?,?,?)");
  add.bind(1, name);
  add.bind(2, std::string(to_string(role)));
  add.bind(3, password_hash);
  bind_time(add, 4, now);
  if (add.exec() == 0) throw std::runtime_error("there is a user " + name + " already");
  User out;
  out.id = system.getLastInsertRowid();
  out.name = name;
  out.role = role;
  out.created_at = now;
  return out;
}

bool set_password(SQLite::Database& system, const std::string& name,
                  const std::string& password_hash) {
  SQLite::Statement end(system,
                        "DELETE FROM sessions WHERE user = (SELECT id FROM users WHERE name = ?)");
  end.bind(1, name);
  end.exec();
  SQLite::Statement set(system, "UPDATE users SET password_hash = ? WHERE name = ?");
  set.bind(1, password_hash);
  set.bind(2, name);
  return set.exec() > 0;
}

std::vector<User> list_users(SQLite::Database& system) {
  SQLite::Statement rows(system,
                         "SELECT id, name, role, disabled, created_at, last_sign_in FROM users "
                         "ORDER BY name");
  std::vector<User> out;
  while (rows.executeStep()) out.push_back(user_from(rows));
  return out;
}

std::optional<UserWithHash> find_user(SQLite::Database& system, const std::string& name) {
  SQLite::Statement find(system,
                         "SELECT id, name, role, disabled, created_at, last_sign_in, "
                         "password_hash FROM users WHERE name = ?");
  find.bind(1, name);
  if (!find.executeStep()) return std::nullopt;
  return UserWithHash{user_from(find), find.getColumn(6).getString()};
}

int count_users(SQLite::Database& system) {
  return system.execAndGet("SELECT count(*) FROM users").getInt();
}

void start_session(SQLite::Database& system, std::int64_t user, const std::string& token,
                   const std::string& csrf_token, domain::Time now, domain::Time expires_at) {
  SQLite::Statement add(
      system, "INSERT INTO sessions (token_hash, user, csrf_token, expires_at) VALUES (?,?,?,?)");
  add.bind(1, util::sha256_hex(token));
  add.bind(2, user);
  add.bind(3, csrf_token);
  bind_time(add, 4, expires_at);
  add.exec();
  SQLite::Statement seen(system, "UPDATE users SET last_sign_in = ? WHERE id = ?");
  bind_time(seen, 1, now);
  seen.bind(2, user);
  seen.exec();
}

std::optional<Session> find_session(SQLite::Database& system, const std::string& token,
                                    domain::Time now) {
  SQLite::Statement find(
      system,
      "SELECT u.id, u.name, u.role, u.disabled, u.created_at, u.last_sign_in, s.csrf_token, "
      "s.expires_at FROM sessions s JOIN users u ON u.id = s.user "
      "WHERE s.token_hash = ? AND s.expires_at > ? AND u.disabled = 0");
  find.bind(1, util::sha256_hex(token));
  bind_time(find, 2, now);
  if (!find.executeStep()) return std::nullopt;
  return Session{user_from(find), find.getColumn(6).getString(), column_time(find, 7)};
}

void end_session(SQLite::Database& system, const std::string& token) {
  SQLite::Statement end(system, "DELETE FROM sessions WHERE token_hash = ?");
  end.bind(1, util::sha256_hex(token));
  end.exec();
}

void delete_expired_sessions(SQLite::Database& system, domain::Time now) {
  SQLite::Statement clear(system, "DELETE FROM sessions WHERE expires_at <= ?");
  bind_time(clear, 1, now);
  clear.exec();
}

void save_setup_token(SQLite::Database& system, const std::string& token, domain::Time expires_at) {
  SQLite::Statement save(
      system, "INSERT OR REPLACE INTO setup_tokens (token_hash, expires_at) VALUES (?, ?)");
  save.bind(1, util::sha256_hex(token));
  bind_time(save, 2, expires_at);
  save.exec();
}

bool check_setup_token(SQLite::Database& system, const std::string& token, domain::Time now) {
  SQLite::Statement find(system,
                         "SELECT 1 FROM setup_tokens WHERE token_hash = ? AND expires_at > ?");
  find.bind(1, util::sha256_hex(token));
  bind_time(find, 2, now);
  return find.executeStep();
}

std::optional<User> use_setup_token(SQLite::Database& system, const std::string& token,
                                    const std::string& name, const std::string& password_hash,
                                    domain::Time now) {
  clear_expired_tokens(system, now);
  if (!check_setup_token(system, token, now) || count_users(system) > 0) return std::nullopt;
  system.exec("DELETE FROM setup_tokens");  // every link, not only this one
  return add_user(system, name, Role::owner, password_hash, now);
}

void save_audit(SQLite::Database& system, const AuditEntry& entry) {
  SQLite::Statement save(
      system, "INSERT INTO audit_log (at, who, action, item, detail) VALUES (?,?,?,?,?)");
  bind_time(save, 1, entry.at);
  save.bind(2, entry.who);
  save.bind(3, entry.action);
  save.bind(4, entry.item);
  save.bind(5, entry.detail);
  save.exec();
}

std::size_t delete_audit_before(SQLite::Database& system, domain::Time time) {
  SQLite::Statement statement(system, "DELETE FROM audit_log WHERE at < ?");
  bind_time(statement, 1, time);
  return static_cast<std::size_t>(statement.exec());
}

std::vector<AuditEntry> list_audit(SQLite::Database& system, const std::string& item, int limit) {
  SQLite::Statement rows(system,
                         "SELECT at, who, action, item, detail FROM audit_log WHERE item = ? "
                         "ORDER BY id DESC LIMIT ?");
  rows.bind(1, item);
  rows.bind(2, limit);
  std::vector<AuditEntry> out;
  while (rows.executeStep()) {
    out.push_back({column_time(rows, 0), rows.getColumn(1).getString(),
                   rows.getColumn(2).getString(), rows.getColumn(3).getString(),
                   rows.getColumn(4).getString()});
  }
  return out;
}

}  // namespace ringfort::store
