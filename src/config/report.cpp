#include "config/report.h"

#include <algorithm>
#include <utility>

#include "util/text.h"

namespace ringfort::config {
namespace {

constexpr std::size_t longest_word = 64;

// Levenshtein distance, with a row of its own for each character of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

void Report::add(Problem problem) {
  if (problems_.size() < most_problems) {
    problems_.push_back(std::move(problem));
  } else if (problem.fatal) {
    fatal_beyond_ = true;
  }
}

void Report::error(int line, std::string text, std::string hint) {
  add({line, std::move(text), std::move(hint), true});
}

void Report::warning(int line, std::string text, std::string hint) {
  add({line, std::move(text), std::move(hint), false});
}

std::vector<Problem> Report::take() {
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  if (fatal_beyond_)
    problems_.push_back({0, "There are more errors than are listed here.", "", true});
  return std::move(problems_);
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > longest_word) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t far = distance(util::lower(word), util::lower(candidate));
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return std::string(best);
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string best = nearest(word, known);
  if (!best.empty()) return "Did you mean \"" + best + "\"?";
  std::string list;
  for (const std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
  return "Known here: " + list + ".";
}

std::string shown(std::string_view text) {
  std::string out = util::clean_utf8(text, longest_word);
  return out.size() < text.size() ? out + "…" : out;
}

}  // namespace ringfort::config
