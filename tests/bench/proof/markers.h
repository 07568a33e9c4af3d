// Sound whose pitch tells the time: a sine that rises (who called) or falls (who answered) by the
// same number of hertz each second. What is heard at any place of a recording says when it was
// sent, so that nothing missing, moved or swapped goes unseen. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ringfort::bench {

inline constexpr double marker_seconds = 6;  // then the pitch begins again
inline constexpr double lowest_hz = 500;
inline constexpr double highest_hz = 3300;
inline constexpr double hertz_a_second = (highest_hz - lowest_hz) / marker_seconds;

enum class Slope { rising, falling };

// All of it at 8000 samples a second, in G.711 µ-law.
const std::vector<std::uint8_t>& marker_sound(Slope slope);
// Where in the marker a pitch belongs, in seconds.
double marker_time(Slope slope, double hertz);
// The pitch of a window of 256 samples; 0 when it is no clean, loud sine.
double pitch_of(std::span<const double> window, int rate);

}  // namespace ringfort::bench
