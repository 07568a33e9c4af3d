#include "daemon/cli.h"

#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>

#include <malloc.h>
#include <termios.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "util/crypto.h"
#include "util/log.h"

namespace ringfort::daemon {
namespace {

struct Command {
  std::string_view name;
  int (*run)(const Words&);
  std::string_view usage;
  std::string_view help;
};

constexpr std::array<Command, 17> commands{{
    {"serve", serve_command, "serve", "run the phone system"},
    {"check", check_command, "check", "check the configuration file"},
    {"seal", seal_command, "seal", "turn a password into a sealed: value for the file"},
    {"user", user_command,
     "user add NAME --role owner|admin|staff [--password-stdin] | list | passwd NAME",
     "people who may sign in"},
    {"setup-link", setup_link_command, "setup-link",
     "print a one-time link that creates the owner"},
    {"calls", calls_command, "calls list [--limit N] [--since TIME] | show ID | export",
     "what was called"},
    {"recordings", recordings_command,
     "recordings verify | delete --call ID --reason TEXT | export [--call ID|--since TIME|--all] "
     "--format F [--channels 1|2] [--numbers] [--vcon] --to DIR|--zip FILE | recover",
     "check, take out or finish recordings"},
    {"evidence", evidence_command,
     "evidence head | export [--after N] | verify FILE [--public-key KEY]",
     "the signed log of what became of each recording"},
    {"hold", hold_command,
     "hold set --call ID --reason TEXT [--until TIME] | lift --call ID [--reason TEXT] | list",
     "legal holds: keep a call beyond its time"},
    {"retention", retention_command, "retention preview [--until TIME] | run | restamp --yes",
     "what goes when; delete what is due; give everything the configured times"},
    {"backup", backup_command, "backup DIR [--keys DIR]", "copy everything, also while calls run"},
    {"restore", restore_command,
     "restore DIR [--check] [--recovery-key-stdin] [--replace] [--keys DIR] [--data-dir DIR]",
     "prove a back-up, or bring everything back from it"},
    {"keys", keys_command, "keys rotate [--master] | recovery [--replace] | show | credential",
     "renew the keys above the recordings; make the recovery key"},
    {"storage", storage_command, "storage", "how full the disk is and how long it will do"},
    {"route", route_command, "route --from N --to N [--at \"2026-12-24 19:00\"] [--trunk T]",
     "what would happen to a call, and why"},
    {"selftest", selftest_command, "selftest", "place a call to itself and check the recording"},
    {"version", version_command, "version", "print the version"},
}};

void print_usage(std::FILE* out) {
  std::fputs("usage: ringfort COMMAND [--config FILE] [--json]\n\n", out);
  for (const auto& command : commands) {
    fmt::print(out, "  ringfort {}\n      {}\n", command.usage, command.help);
  }
}

// Switches the terminal's echo off while a password is typed.
class Silence {
 public:
  Silence() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
  }
  ~Silence() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

// Calls come and go all day: memory that one gave back serves the next, without asking the kernel.
void keep_freed_memory() {
  constexpr int kept = 8 << 20;
  constexpr int asked_at_once = 1 << 20;
  mallopt(M_TRIM_THRESHOLD, kept);
  mallopt(M_TOP_PAD, asked_at_once);
}

}  // namespace

LoadedConfig need_config(const Arguments& arguments) {
  auto loaded = load_config(arguments.config_file(), MasterKey::read_only);
  if (!loaded.good) throw std::runtime_error(loaded.described);
  return loaded;
}

std::string read_secret(const std::string& prompt) {
  std::string line;
  if (isatty(STDIN_FILENO) != 0) {
    const Silence silence;
    std::cerr << prompt << std::flush;
    std::getline(std::cin, line);
    std::cerr << '\n';
  } else {
    std::getline(std::cin, line);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

int run_command_line(const Words& words) {
  util::crypto_start();
  if (words.empty() || words[0] == "--help" || words[0] == "help" || words[0] == "-h") {
    print_usage(words.empty() ? stderr : stdout);
    return words.empty() ? 2 : 0;
  }
  const std::string name = words[0] == "--version" ? "version" : words[0];
  for (const auto& command : commands) {
    if (command.name != name) continue;
    try {
      return command.run(Words(words.begin() + 1, words.end()));
    } catch (const UsageError& e) {
      fmt::print(stderr, "ringfort {}: {}\nusage: ringfort {}\n", name, e.what(), command.usage);
      return 2;
    } catch (const std::exception& e) {
      fmt::print(stderr, "ringfort {}: {}\n", name, e.what());
      return 1;
    }
  }
  fmt::print(stderr, "ringfort: there is no command \"{}\"\n", name);
  print_usage(stderr);
  return 2;
}

int serve_command(const Words& words) {
  const Arguments arguments(words, {}, {"--verbose"});
  keep_freed_memory();
  if (arguments.has("--verbose")) log::set_level(log::Level::debug);
  block_signals();
  const std::string file = arguments.config_file();
  auto loaded = load_config(file, MasterKey::create);
  if (!loaded.described.empty()) fmt::print(stderr, "{}", loaded.described);
  if (!loaded.good) return 1;
  Daemon daemon(file, std::move(loaded));
  daemon.run();
  return 0;
}

int check_command(const Words& words) {
  const Arguments arguments(words, {}, {});
  const std::string file = arguments.config_file();
  const auto loaded = load_config(file, MasterKey::read_only);
  fmt::print(loaded.good ? stdout : stderr, "{}", loaded.described);
  if (!loaded.good) return 1;
  fmt::print("{} is good: {} extensions, {} trunks, {} numbers.\n", file,
             loaded.config.directory.extensions.size(), loaded.config.directory.trunks.size(),
             loaded.config.directory.numbers.size());
  return 0;
}

int seal_command(const Words& words) {
  const Arguments arguments(words, {}, {});
  const auto loaded = load_config(arguments.config_file(), MasterKey::create);
  if (!loaded.master) throw std::runtime_error(loaded.described);
  const std::string secret = read_secret("Password to seal: ");
  if (secret.empty()) throw UsageError("give the password on standard input");
  fmt::print("{}\n", util::seal_config_value(*loaded.master, secret));
  return 0;
}

int version_command(const Words& words) {
  const Arguments arguments(words, {}, {"--json"});
  if (arguments.has("--json")) {
    fmt::print("{{\"version\": \"{}\"}}\n", RINGFORT_VERSION);
  } else {
    fmt::print("ringfort {}\n", RINGFORT_VERSION);
  }
  return 0;
}

}  // namespace ringfort::daemon
