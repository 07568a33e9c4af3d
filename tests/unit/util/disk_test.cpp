#include "util/disk.h"

#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

namespace ringfort::util {
namespace {

struct Folder {
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = (std::filesystem::temp_directory_path() / "ringfort-XXXXXX").string();
};

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string read(DiskFile& file, std::uint64_t offset, std::size_t count) {
  std::string out(count, '\0');
  out.resize(file.read_at(offset, std::as_writable_bytes(std::span(out))).value());
  return out;
}

TEST_CASE("a file is made with its folders, private, and only once") {
  const Folder folder;
  const auto disk = make_disk();
  const std::string path = folder.path + "/a/b/c";
  REQUIRE(disk->create(path));
  CHECK_FALSE(disk->create(path));
  const auto mode = std::filesystem::status(path).permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("bytes are written and read at any offset") {
  const Folder folder;
  const auto disk = make_disk();
  auto file = disk->create(folder.path + "/f").value();
  REQUIRE(file->write_at(0, bytes("hello world")));
  REQUIRE(file->write_at(6, bytes("there")));
  CHECK(read(*file, 0, 100) == "hello there");
  CHECK(read(*file, 6, 3) == "the");
  CHECK(read(*file, 50, 3).empty());
  CHECK(file->size().value() == 11);
  REQUIRE(file->truncate(5));
  CHECK(read(*file, 0, 100) == "hello");
  CHECK(file->sync());
  auto again = disk->open(folder.path + "/f").value();
  CHECK(read(*again, 0, 100) == "hello");
  CHECK_FALSE(again->write_at(0, bytes("x")));
  auto edited = disk->edit(folder.path + "/f").value();
  CHECK(edited->write_at(0, bytes("J")));
  CHECK(read(*again, 0, 100) == "Jello");
}

TEST_CASE("renaming replaces, removing twice is no error, listing is sorted") {
  const Folder folder;
  const auto disk = make_disk();
  for (const char* name : {"/b", "/a", "/c"}) REQUIRE(disk->create(folder.path + name));
  CHECK(disk->list(folder.path) == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(disk->rename(folder.path + "/a", folder.path + "/b"));
  CHECK(disk->remove(folder.path + "/c"));
  CHECK(disk->remove(folder.path + "/c"));
  CHECK(disk->list(folder.path) == std::vector<std::string>{"b"});
  CHECK(disk->list(folder.path + "/none").empty());
  CHECK(disk->sync_folder(folder.path));
  CHECK(disk->sync_all(folder.path));
  CHECK(disk->free_bytes(folder.path).value() > 0);
}

TEST_CASE("what does not work says which file it was") {
  const Folder folder;
  const auto disk = make_disk();
  const std::string path = folder.path + "/none";
  const auto named = [&](const auto& result) {
    return !result && result.error().message.find(path) != std::string::npos;
  };
  CHECK(named(disk->open(path)));
  CHECK(named(disk->edit(path)));
  CHECK(named(disk->rename(path, path + "2")));
  CHECK(named(disk->sync_folder(path)));
  CHECK(named(disk->sync_all(path)));
  CHECK(named(disk->free_bytes(path)));
}

TEST_CASE("a small file is written atomically, and one that is too large is refused") {
  const Folder folder;
  const std::string path = folder.path + "/f";
  REQUIRE(write_file_atomically(path, "first", 0600));
  REQUIRE(write_file_atomically(path, "second", 0640));
  CHECK(read_file(path, 6).value() == "second");
  CHECK_FALSE(read_file(path, 5));
  CHECK_FALSE(read_file(folder.path + "/none", 5));
  CHECK(make_disk()->list(folder.path).size() == 1);
  const auto mode = static_cast<unsigned>(std::filesystem::status(path).permissions());
  CHECK(mode == 0640);
}

}  // namespace
}  // namespace ringfort::util
