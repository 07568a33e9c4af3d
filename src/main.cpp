// Subcommands: see daemon/cli.h and DESIGN §6.
#include <string>
#include <vector>

#include <sys/stat.h>

#include "daemon/cli.h"

int main(int argc, char** argv) {
  umask(077);  // calls and keys are nobody else's, however the program was started
  return ringfort::daemon::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
