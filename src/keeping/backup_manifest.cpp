#include "keeping/backup_manifest.h"

#include <charconv>
#include <sstream>
#include <vector>

#include "util/crypto.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

constexpr std::size_t largest = std::size_t{2} << 30;
constexpr std::size_t piece = 256 * 1024;
constexpr std::string_view kind = "ringfort-backup 1";

std::optional<ManifestEntry> read_entry(const std::string& line, std::string& path) {
  const auto first = line.find(' ');
  const auto second = first == std::string::npos ? first : line.find(' ', first + 1);
  if (second == std::string::npos || first != 64) return std::nullopt;
  ManifestEntry out;
  out.hash = line.substr(0, first);
  const char* begin = line.data() + first + 1;
  const char* end = line.data() + second;
  const auto [stop, error] = std::from_chars(begin, end, out.bytes);
  if (error != std::errc() || stop != end) return std::nullopt;
  path = line.substr(second + 1);
  if (!is_plain_path(path)) return std::nullopt;
  return out;
}

}  // namespace

bool is_plain_path(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.size() > 1000) return false;
  if (path.find_first_of("\n\r\\") != std::string::npos) return false;
  for (const auto& part : util::split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

util::Result<Manifest> read_manifest(const std::string& file) {
  const auto text = util::read_file(file, largest);
  if (!text) return util::fail("there is no back-up: " + text.error().message);
  const auto damaged = util::fail(file + " is damaged");
  const auto end = text->rfind("end ");
  if (end == std::string::npos || text->size() < end + 68 ||
      text->substr(end + 4, 64) != util::sha256_hex(std::string_view(*text).substr(0, end))) {
    return damaged;
  }
  std::istringstream lines(text->substr(0, end));
  std::string line;
  std::getline(lines, line);
  const auto words = util::split(line, ' ');
  const auto made_at =
      words.size() == 4 || words.size() == 5 ? util::from_rfc3339(words[2]) : std::nullopt;
  if (!made_at || !line.starts_with(kind) || !is_plain_path(words[3])) return damaged;
  Manifest out{*made_at, words[3], {}, words.size() == 5 ? words[4] : std::string()};
  while (std::getline(lines, line)) {
    std::string path;
    const auto entry = read_entry(line, path);
    if (!entry) return damaged;
    out.files[path] = *entry;
  }
  return out;
}

util::Result<void> write_manifest(const std::string& file, const Manifest& manifest) {
  std::string text = std::string(kind) + " " + util::to_rfc3339(manifest.made_at) + " " +
                     manifest.stamp + (manifest.box.empty() ? "" : " " + manifest.box) + "\n";
  for (const auto& [path, entry] : manifest.files) {
    text += entry.hash + " " + std::to_string(entry.bytes) + " " + path + "\n";
  }
  text += "end " + util::sha256_hex(text) + "\n";
  return util::write_file_atomically(file, text, 0600);
}

util::Result<CopiedFile> hash_of(util::Disk& disk, const std::string& path) {
  auto file = disk.open(path);
  if (!file) return tl::unexpected(file.error());
  util::Sha256 hash;
  std::vector<std::byte> buffer(piece);
  CopiedFile out;
  while (true) {
    const auto got = (*file)->read_at(out.bytes, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    hash.add({reinterpret_cast<const char*>(buffer.data()), *got});
    out.bytes += *got;
  }
  out.hash = hash.hex();
  return out;
}

util::Result<CopiedFile> copy_file(util::Disk& disk, const std::string& from, const std::string& to,
                                   const std::string& expected) {
  auto source = disk.open(from);
  if (!source) return tl::unexpected(source.error());
  const std::string draft = to + ".part";
  if (auto gone = disk.remove(draft); !gone) return tl::unexpected(gone.error());
  auto target = disk.create(draft);
  if (!target) return tl::unexpected(target.error());
  util::Sha256 hash;
  std::vector<std::byte> buffer(piece);
  CopiedFile out;
  while (true) {
    const auto got = (*source)->read_at(out.bytes, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    const auto bytes = std::span<const std::byte>(buffer).first(*got);
    if (auto done = (*target)->write_at(out.bytes, bytes); !done) {
      return tl::unexpected(done.error());
    }
    hash.add({reinterpret_cast<const char*>(buffer.data()), *got});
    out.bytes += *got;
  }
  if (auto done = (*target)->sync(); !done) return tl::unexpected(done.error());
  out.hash = hash.hex();
  if (!expected.empty() && out.hash != expected) {
    (void)disk.remove(draft);
    return util::fail(from + " is not what it should be", 500, 409);
  }
  if (auto done = disk.rename(draft, to); !done) return tl::unexpected(done.error());
  return out;
}

}  // namespace ringfort::keeping
