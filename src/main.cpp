// Subcommands: see daemon/cli.h and DESIGN §6.
#include <string>
#include <vector>

#include "daemon/cli.h"

int main(int argc, char** argv) {
  return ringfort::daemon::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
