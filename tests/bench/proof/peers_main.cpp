// proof_peers: plays both ends of many short calls and says at the end what became of each. Told
// by lines on standard input: "deaf SECONDS", "stop", "finish". Loopback only. One thread.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "peers.h"

namespace ringfort::bench {
namespace {

PeerOptions read_options(int argc, char** argv) {
  PeerOptions out;
  const auto port = [](const char* text) { return static_cast<std::uint16_t>(std::atoi(text)); };
  const std::map<std::string, std::function<void(const char*)>> known{
      {"--server", [&](const char* v) { out.server_port = port(v); }},
      {"--caller", [&](const char* v) { out.caller_port = port(v); }},
      {"--callee", [&](const char* v) { out.callee_port = port(v); }},
      {"--calls", [&](const char* v) { out.calls = std::atoi(v); }},
      {"--first", [&](const char* v) { out.first = std::atoi(v); }},
      {"--rate", [&](const char* v) { out.rate = std::atof(v); }},
      {"--shortest", [&](const char* v) { out.shortest = std::atof(v); }},
      {"--longest", [&](const char* v) { out.longest = std::atof(v); }},
      {"--seed", [&](const char* v) { out.seed = static_cast<unsigned>(std::atoi(v)); }},
  };
  for (int n = 1; n + 1 < argc; n += 2) {
    const auto found = known.find(argv[n]);
    if (found == known.end()) throw std::runtime_error(std::string("unknown option ") + argv[n]);
    found->second(argv[n + 1]);
  }
  return out;
}

// False when the driver has gone.
bool obey(Peers& peers, std::string& pending) {
  char bytes[256];
  const auto got = read(STDIN_FILENO, bytes, sizeof(bytes));
  if (got == 0) return false;
  if (got > 0) pending.append(bytes, static_cast<std::size_t>(got));
  for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
    const std::string line = pending.substr(0, end);
    pending.erase(0, end + 1);
    if (line == "stop") peers.stop();
    if (line == "finish") peers.finish();
    if (line.starts_with("deaf ")) peers.go_deaf(std::atof(line.c_str() + 5));
  }
  return true;
}

int run(const PeerOptions& options) {
  Peers peers(options);
  std::string pending;
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  std::printf("{\"event\":\"ready\"}\n");
  std::fflush(stdout);
  while (!peers.over()) {
    if (!obey(peers, pending)) return 3;
    peers.turn();
  }
  peers.report();
  return 0;
}

}  // namespace
}  // namespace ringfort::bench

int main(int argc, char** argv) {
  try {
    return ringfort::bench::run(ringfort::bench::read_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
