// Fixed-width numbers in our own file headers: little endian, read with bounds. Any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace ringfort::audio {

static_assert(std::endian::native == std::endian::little, "the file formats are little endian");

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Takes a T off the front of `in`; nothing when it is too short.
template <class T>
std::optional<T> take(std::string_view& in) {
  if (in.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, in.data(), sizeof(value));
  in.remove_prefix(sizeof(value));
  return value;
}

}  // namespace ringfort::audio
