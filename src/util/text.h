// Small text helpers that several folders need: times, durations, sizes, safe cutting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfort::util {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// RFC 3339 in UTC with milliseconds: 2026-11-21T05:44:00.000Z.
std::string to_rfc3339(WallTime time);
// Accepts RFC 3339 with any offset and optional fraction, and a bare date (midnight UTC).
std::optional<WallTime> from_rfc3339(std::string_view text);
// The UTC date as a folder path: 2026/11/21.
std::string date_path(WallTime time);
// Durations "90d", "12mo" (30 days each), "2y" (365 days), "8h", "30m", "45s", "500ms".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// Sizes "20GiB", "512MiB", "10kB", "100".
std::optional<std::uint64_t> parse_size(std::string_view text);
// A size in plain words: "1.2 GB".
std::string bytes_text(std::uint64_t bytes);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
// At most `max_bytes` of `text` as valid UTF-8: bad bytes become U+FFFD, control characters go.
std::string clean_utf8(std::string_view text, std::size_t max_bytes);
std::string hex(std::string_view bytes);

}  // namespace ringfort::util
