// Damage for tests that find it.
#pragma once

#include <filesystem>
#include <fstream>
#include <ios>

namespace ringfort::testing {

inline void change_byte(const std::filesystem::path& path, std::streamoff offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const char old = static_cast<char>(file.get());
  file.seekp(offset);
  file.put(static_cast<char>(old ^ 1));
}

// The one in the middle.
inline void change_byte(const std::filesystem::path& path) {
  change_byte(path, static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
}

}  // namespace ringfort::testing
