#include "rules/screening.h"

namespace ringfort::rules {
namespace {

bool applies(const domain::ScreeningRule& rule, const Screened& call) {
  if (rule.direction && *rule.direction != call.direction) return false;
  if (rule.match == "withheld") return call.number.empty();
  if (call.number.empty()) return rule.match == "*";
  std::string_view pattern = rule.match;
  if (!pattern.ends_with('*')) return pattern == call.number;
  pattern.remove_suffix(1);
  return call.number.starts_with(pattern);
}

// A whole number is as exact as it gets; "withheld" too.
std::size_t exactness(const domain::ScreeningRule& rule) {
  const bool prefix = rule.match.ends_with('*');
  return prefix ? rule.match.size() - 1 : rule.match.size() + 100;
}

bool beats(const domain::ScreeningRule& a, const domain::ScreeningRule& b) {
  if (exactness(a) != exactness(b)) return exactness(a) > exactness(b);
  using domain::ScreeningMode;
  return a.mode == ScreeningMode::allow && b.mode != ScreeningMode::allow;
}

}  // namespace

Screening screen(const Screened& call, const domain::Directory& directory) {
  Screening out;
  if (call.direction == domain::Direction::internal) return out;
  for (const auto& rule : directory.screening) {
    if (!applies(rule, call)) continue;
    if (out.rule == nullptr || beats(rule, *out.rule)) out.rule = &rule;
    if (out.never == nullptr && rule.recording == domain::RecordingMode::never) out.never = &rule;
  }
  return out;
}

}  // namespace ringfort::rules
