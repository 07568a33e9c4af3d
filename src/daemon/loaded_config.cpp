#include "daemon/loaded_config.h"

#include <chrono>
#include <exception>
#include <stdexcept>

#include "daemon/paths.h"
#include "keeping/key_chain.h"
#include "keeping/restore.h"
#include "util/disk.h"

namespace ringfort::daemon {
namespace {

constexpr std::size_t largest_file = 4 << 20;

void add_selftest(domain::Directory& directory, const std::string& password) {
  for (const char* number : {selftest_caller, selftest_callee}) {
    domain::Extension extension;
    extension.number = number;
    extension.name = "Self-test";
    extension.password.value = password;
    extension.recording = domain::RecordingMode::always;
    extension.retention = std::chrono::days(1);
    directory.extensions.push_back(extension);
  }
}

void fail(LoadedConfig& out, const std::string& text, const std::string& file) {
  out.problems.push_back({0, text, "", true});
  out.described = config::describe(out.problems, file);
  out.good = false;
}

}  // namespace

std::string selftest_password(const std::string& data_dir, MasterKey mode) {
  const Paths paths(data_dir);
  if (auto secret = util::read_file(paths.selftest_secret, 256)) return *secret;
  if (mode == MasterKey::read_only) {
    throw std::runtime_error("there is no " + paths.selftest_secret + "; start the daemon first");
  }
  const std::string secret = util::random_token(24);
  if (auto done = util::write_file_atomically(paths.selftest_secret, secret, 0600); !done) {
    throw std::runtime_error(done.error().message);
  }
  return secret;
}

LoadedConfig load_config(const std::string& file, MasterKey mode) {
  LoadedConfig out;
  const auto text = util::read_file(file, largest_file);
  if (!text) {
    fail(out, text.error().message, file);
    return out;
  }
  const std::string data_dir = config::data_dir_of(*text);
  try {
    if (mode == MasterKey::create && keeping::is_half_restored(data_dir)) {
      throw std::runtime_error("a restore into " + data_dir +
                               " was interrupted; run `ringfort restore` again");
    }
    if (mode == MasterKey::create) Paths(data_dir).make();
    out.master = util::load_master_key(data_dir, mode == MasterKey::create);
  } catch (const std::exception& e) {
    if (mode == MasterKey::create) {
      fail(out, e.what(), file);
      return out;
    }
  }
  auto parsed = config::parse(*text, [&](std::string_view sealed) -> std::optional<std::string> {
    return out.master ? keeping::open_configured(*out.master, data_dir, sealed) : std::nullopt;
  });
  out.good = parsed.good();
  out.problems = std::move(parsed.problems);
  out.described = config::describe(out.problems, file);
  out.config = std::move(parsed.config);
  if (!out.good || mode == MasterKey::read_only) return out;
  try {
    add_selftest(out.config.directory, selftest_password(data_dir, mode));
  } catch (const std::exception& e) {
    fail(out, e.what(), file);
  }
  return out;
}

}  // namespace ringfort::daemon
