// The one table of the API: method, path, permission, handler, documentation. The dispatcher, the
// OpenAPI file and the permission tests are made from it.
#pragma once

#include <span>
#include <string_view>

#include "http/access.h"
#include "http/site.h"

namespace ringfort::http {

struct Parameter {
  std::string_view name;
  std::string_view doc;
};

struct Route {
  std::string_view method;
  std::string_view path;  // "{id}" stands for one segment
  Permission permission;
  void (*handler)(Exchange&);
  std::string_view summary;
  std::string_view answer;  // what comes back
  std::span<const Parameter> parameters = {};
};

std::span<const Route> routes();

// OpenAPI 3.1, made from the table.
nlohmann::json openapi();

}  // namespace ringfort::http
