// Collects what is wrong with a configuration file while it is read, and says it in order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace ringfort::config {

// Lives for one parse(). Keeps at most `most_problems`: a hostile file must not fill the memory.
class Report {
 public:
  static constexpr std::size_t most_problems = 1000;

  void error(int line, std::string text, std::string hint = {});
  void warning(int line, std::string text, std::string hint = {});
  // Everything said so far, by line.
  std::vector<Problem> take();

 private:
  void add(Problem problem);
  std::vector<Problem> problems_;
  bool fatal_beyond_ = false;  // an error came after the list was full
};

// The known word nearest to `word` when a slip of the keys explains it; empty otherwise.
std::string nearest(std::string_view word, const std::vector<std::string_view>& known);
// "Did you mean …?" or "Known: a, b, c".
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known);
// `text` from the file, fit to be shown in a message: cut, and without control characters.
std::string shown(std::string_view text);

}  // namespace ringfort::config
