#include "http/assets.h"

namespace ringfort::http {
namespace {

const Asset* exact(std::string_view path) {
  for (const auto& asset : assets()) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  if (const auto* found = exact(path)) return found;
  const auto last = path.substr(path.rfind('/') + 1);
  return last.find('.') == std::string_view::npos ? exact("/index.html") : nullptr;
}

}  // namespace ringfort::http
