// The program's log: one line per event on stderr, where systemd or the terminal takes it.
// Control characters that a peer sent are escaped, so nobody can forge a line. Any thread.
// Never pass a password, key, token or authorization header.
#pragma once

#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace ringfort::log {

enum class Level { debug, info, warn, error };

// Lines below `level` are dropped. Default: info.
void set_level(Level level);
bool enabled(Level level);
// Writes one line; escapes control characters.
void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ringfort::log
