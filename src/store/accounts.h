// Users who sign in, their sessions, the one-time set-up link, and the audit log (system.db).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

enum class Role { owner, admin, staff };
std::optional<Role> parse_role(std::string_view text);
std::string_view to_string(Role role);

struct User {
  std::int64_t id = 0;
  std::string name;  // 1 to 64 characters: letters, digits, . _ - @
  Role role = Role::staff;
  bool disabled = false;
  domain::Time created_at{};
  std::optional<domain::Time> last_sign_in;
};

// True when `name` may be a user's name.
bool is_user_name(std::string_view name);

// Throws std::runtime_error when the name is taken.
User add_user(SQLite::Database& system, const std::string& name, Role role,
              const std::string& password_hash, domain::Time now);
bool set_password(SQLite::Database& system, const std::string& name,
                  const std::string& password_hash);  // also ends the user's sessions
std::vector<User> list_users(SQLite::Database& system);
struct UserWithHash {
  User user;
  std::string password_hash;
};
std::optional<UserWithHash> find_user(SQLite::Database& system, const std::string& name);
int count_users(SQLite::Database& system);

// Sessions: only a hash of the token is stored.
struct Session {
  User user;
  std::string csrf_token;
  domain::Time expires_at{};
};
void start_session(SQLite::Database& system, std::int64_t user, const std::string& token,
                   const std::string& csrf_token, domain::Time now, domain::Time expires_at);
std::optional<Session> find_session(SQLite::Database& system, const std::string& token,
                                    domain::Time now);
void end_session(SQLite::Database& system, const std::string& token);
void delete_expired_sessions(SQLite::Database& system, domain::Time now);

// The set-up link's token (hashed); valid once, until `expires_at`, while there are no users.
inline constexpr std::chrono::hours setup_token_life{1};
void save_setup_token(SQLite::Database& system, const std::string& token, domain::Time expires_at);
bool check_setup_token(SQLite::Database& system, const std::string& token, domain::Time now);
// Checks the token, creates the owner and destroys the token in one go; nothing when the token
// is not good or a user exists already.
std::optional<User> use_setup_token(SQLite::Database& system, const std::string& token,
                                    const std::string& name, const std::string& password_hash,
                                    domain::Time now);

struct AuditEntry {
  domain::Time at{};
  std::string who;     // user name, "cli", "ringfort"
  std::string action;  // "recording.played", "call.hung_up", "user.added"…
  std::string item;    // id; may be empty
  std::string detail;
};
void save_audit(SQLite::Database& system, const AuditEntry& entry);
// How many there were.
std::size_t delete_audit_before(SQLite::Database& system, domain::Time time);
std::vector<AuditEntry> list_audit(SQLite::Database& system, const std::string& item, int limit);

}  // namespace ringfort::store
