// `ringfort COMMAND …`: one table of commands, one function each. Exit codes: 0 good, 1 the
// answer is no, 2 wrong usage.
#pragma once

#include <string>
#include <vector>

#include "daemon/arguments.h"
#include "daemon/loaded_config.h"

namespace ringfort::daemon {

using Words = std::vector<std::string>;

int run_command_line(const Words& words);

// One function for each command; `words` are those behind the command's name.
int serve_command(const Words& words);
int check_command(const Words& words);
int seal_command(const Words& words);
int setup_link_command(const Words& words);
int user_command(const Words& words);
int calls_command(const Words& words);
int recordings_command(const Words& words);
int backup_command(const Words& words);
int restore_command(const Words& words);
int keys_command(const Words& words);
// `recordings delete`.
int delete_recording(const Arguments& arguments);
int evidence_command(const Words& words);
int hold_command(const Words& words);
int retention_command(const Words& words);
int storage_command(const Words& words);
int route_command(const Words& words);
int selftest_command(const Words& words);
int version_command(const Words& words);

// The configuration for a command that needs a good one; throws std::runtime_error with the
// problems otherwise.
LoadedConfig need_config(const Arguments& arguments);
// One line of standard input without its line end; asks with `prompt` (without echo) when it is
// a terminal.
std::string read_secret(const std::string& prompt);

}  // namespace ringfort::daemon
