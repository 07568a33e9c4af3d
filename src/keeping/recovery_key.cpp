#include "keeping/recovery_key.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "keeping/key_chain.h"
#include "util/disk.h"
#include "util/key_text.h"
#include "util/sealed_box.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

using nlohmann::json;

constexpr std::size_t largest = 16 << 10;

json sealed_for(const std::string& public_key, const std::vector<util::Key>& masters) {
  json out = json::array();
  for (const auto& master : masters) {
    out.push_back(util::to_base64(util::seal_for(public_key, key_bytes(master))));
  }
  return out;
}

util::Result<json> read(const std::string& file) {
  const auto text = util::read_file(file, largest);
  if (!text) return tl::unexpected(text.error());
  auto body = json::parse(*text, nullptr, false);
  if (!body.is_object() || !body.contains("public_key") || !body["public_key"].is_string() ||
      !body.contains("sealed") || !body["sealed"].is_array()) {
    return util::fail(file + " is damaged");
  }
  return body;
}

}  // namespace

bool has_recovery_key(const std::string& data_dir) {
  std::error_code error;
  return std::filesystem::exists(KeyFiles(data_dir).recovery, error);
}

util::Result<std::string> make_recovery_key(const std::string& data_dir, const util::Key& master,
                                            domain::Time now) {
  const std::string secret = util::random_bytes(util::written_secret_size);
  const std::string public_key = util::box_public_key(secret);
  const json body{{"version", 1},
                  {"made_at", util::to_rfc3339(now)},
                  {"public_key", util::to_base64(public_key)},
                  {"sealed", sealed_for(public_key, {master})}};
  const auto written =
      util::write_file_atomically(KeyFiles(data_dir).recovery, body.dump() + "\n", 0600);
  if (!written) return tl::unexpected(written.error());
  return util::write_secret(secret);
}

util::Result<std::vector<util::Key>> open_recovery_key(const std::string& file,
                                                       const std::string& written) {
  const auto secret = util::read_secret_text(written);
  if (!secret) {
    return util::fail("this is no recovery key: it has eight groups of five letters and digits");
  }
  const auto body = read(file);
  if (!body) return tl::unexpected(body.error());
  std::vector<util::Key> out;
  for (const auto& entry : (*body)["sealed"]) {
    const auto sealed = entry.is_string() ? util::from_base64(entry.get<std::string>())
                                          : std::optional<std::string>();
    const auto raw = sealed ? util::open_box(*secret, *sealed) : std::nullopt;
    if (const auto key = raw ? key_from_bytes(*raw) : std::nullopt) out.push_back(*key);
  }
  if (out.empty()) return util::fail("this recovery key belongs to another box or is an older one");
  return out;
}

util::Result<void> reseal_recovery_key(const std::string& data_dir,
                                       const std::vector<util::Key>& masters) {
  if (!has_recovery_key(data_dir)) return {};
  const std::string file = KeyFiles(data_dir).recovery;
  auto body = read(file);
  if (!body) return tl::unexpected(body.error());
  const auto public_key = util::from_base64((*body)["public_key"].get<std::string>());
  if (!public_key || public_key->size() != 32) return util::fail(file + " is damaged");
  (*body)["sealed"] = sealed_for(*public_key, masters);
  return util::write_file_atomically(file, body->dump() + "\n", 0600);
}

}  // namespace ringfort::keeping
