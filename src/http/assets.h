// The web UI, built from web/ and linked in (see packaging/cmake/RingfortWeb.cmake).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace ringfort::http {

struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-abc.js"
  std::string_view type;
  std::string_view etag;
  std::string_view content;
  std::string_view gzip;  // empty when packing saves nothing
};

// Generated.
std::span<const Asset> assets();
// The file at `path`; index.html for paths without a dot, which the page's router understands.
const Asset* find_asset(std::string_view path);

}  // namespace ringfort::http
