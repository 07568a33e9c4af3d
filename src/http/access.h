// Who is asking, and may they? A browser holds a session cookie (`__Host-`, HttpOnly, Secure,
// SameSite=Strict); a change also needs the session's CSRF token in X-CSRF-Token, so that another
// site's form cannot make one. Only a hash of the session token is stored. Ten wrong passwords
// for one name from one address, or thirty from one address, in a quarter of an hour, and the next
// tries are refused unseen; nobody can lock others out from elsewhere. Any thread.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>

#include "store/accounts.h"
#include "util/clock.h"

namespace ringfort::http {

// What a route may ask for. Roles are sets of these.
enum class Permission {
  anyone,
  signed_in,
  see_calls,
  listen,
  export_calls,
  hang_up,
  control_recording,
  listen_live,
  hold_calls,
  delete_calls,
  see_system,
  own,  // what only the owner may do
};

bool may(store::Role role, Permission permission);
std::string_view to_string(Permission permission);

// The names of what a role may do, for the pages: they offer nothing that would be refused.
std::vector<std::string_view> permissions(store::Role role);

struct Principal {
  store::User user;
  std::string csrf_token;
};

inline constexpr const char* cookie_name = "__Host-ringfort";
inline constexpr auto session_life = std::chrono::hours(12);

// The session token of the request's cookie; empty when there is none.
std::string session_token(const httplib::Request& request);
void set_cookie(httplib::Response& response, const std::string& token);
void clear_cookie(httplib::Response& response);

// Counts tries until one succeeds. A try counts before it is checked, so that many at once do
// not slip through.
class Throttle {
 public:
  explicit Throttle(const util::Clock& clock) : clock_(clock) {}
  // Counts a try; false when there were `most` lately.
  bool admit(const std::string& key, int most);
  void succeeded(const std::string& key);

 private:
  struct Tries {
    int count = 0;
    util::Clock::Steady last{};
  };
  void forget_old();

  const util::Clock& clock_;
  std::mutex mutex_;  // held for a look-up; sign-ins are rare
  std::map<std::string, Tries> tries_;
};

}  // namespace ringfort::http
