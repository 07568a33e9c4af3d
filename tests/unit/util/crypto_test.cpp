#include "util/crypto.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace ringfort::util {
namespace {

bool same(const Key& a, const Key& b) {
  return std::equal(a.data(), a.data() + Key::size, b.data());
}

// A folder of its own, gone afterwards.
struct Folder {
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = (std::filesystem::temp_directory_path() / "ringfort-XXXXXX").string();
};

TEST_CASE("what was sealed opens with its own key and context only, and only unchanged") {
  const Key key = Key::random();
  const std::string sealed = seal(key, "a secret", "context");
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK(open_sealed(key, sealed, "context") == "a secret");
  CHECK_FALSE(open_sealed(Key::random(), sealed, "context"));
  CHECK_FALSE(open_sealed(key, sealed, "contexT"));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(open_sealed(key, changed, "context"));
    CHECK_FALSE(open_sealed(key, sealed.substr(0, at), "context"));
  }
}

TEST_CASE("the same text never seals to the same bytes") {
  const Key key = Key::random();
  CHECK(seal(key, "text", "") != seal(key, "text", ""));
}

TEST_CASE("derived keys depend on key and purpose, and on nothing else") {
  const Key key = Key::random();
  CHECK(same(key.derive("audio"), key.derive("audio")));
  CHECK_FALSE(same(key.derive("audio"), key.derive("spool")));
  CHECK_FALSE(same(key.derive("audio"), Key::random().derive("audio")));
  CHECK_FALSE(same(key.derive("audio"), key));
}

TEST_CASE("SHA-256 gives the published digests, whole and in pieces") {
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(sha256_hex("abc") == abc);
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 pieces;
  pieces.add("a");
  pieces.add("");
  pieces.add("bc");
  CHECK(pieces.hex() == abc);
}

TEST_CASE("a password is verified against its hash, and two hashes of it differ") {
  const std::string hash = hash_password("correct horse");
  CHECK(verify_password(hash, "correct horse"));
  CHECK_FALSE(verify_password(hash, "correct horsf"));
  CHECK_FALSE(verify_password("no hash at all", "correct horse"));
  CHECK_FALSE(verify_password(std::string(1000, 'x'), "correct horse"));
  CHECK(hash_password("correct horse") != hash);
}

TEST_CASE("base64 goes there and back, and rubbish is refused") {
  const std::string bytes("\x00\xff\x10 text", 8);
  CHECK(from_base64(to_base64(bytes)) == bytes);
  CHECK(to_base64("Ma") == "TWE=");
  CHECK_FALSE(from_base64("TWE"));
  CHECK_FALSE(from_base64("T*E="));
}

TEST_CASE("tokens are long enough, fit into a URL and never repeat") {
  const std::string token = random_token();
  CHECK(token.size() == 43);
  CHECK(token.find_first_of("+/=") == std::string::npos);
  CHECK(token != random_token());
}

TEST_CASE("equal_secrets compares whole texts") {
  CHECK(equal_secrets("secret", "secret"));
  CHECK_FALSE(equal_secrets("secret", "secreT"));
  CHECK_FALSE(equal_secrets("secret", "secret "));
  CHECK(equal_secrets("", ""));
}

TEST_CASE("the master key is made once, private, and found again") {
  const Folder folder;
  CHECK_THROWS(load_master_key(folder.path, false));
  const Key made = load_master_key(folder.path, true);
  CHECK(same(load_master_key(folder.path, false), made));
  CHECK(same(load_master_key(folder.path, true), made));
  const auto mode = std::filesystem::status(folder.path + "/master.key").permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a master key file of the wrong length is refused, not replaced") {
  const Folder folder;
  const std::string path = folder.path + "/master.key";
  std::ofstream(path) << "short";
  CHECK_THROWS(load_master_key(folder.path, true));
  CHECK(std::filesystem::file_size(path) == 5);
}

TEST_CASE("a configuration value opens with the master key it was sealed with") {
  const Key master = Key::random();
  const std::string sealed = seal_config_value(master, "s3cret");
  CHECK(sealed.starts_with("sealed:v1:"));
  CHECK(open_config_value(master, sealed) == "s3cret");
  CHECK_FALSE(open_config_value(Key::random(), sealed));
  CHECK_FALSE(open_config_value(master, "s3cret"));
  CHECK_FALSE(open_config_value(master, "sealed:v1:???"));
}

}  // namespace
}  // namespace ringfort::util
