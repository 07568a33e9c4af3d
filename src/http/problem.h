// Refusals as RFC 9457 problem details. Texts are plain sentences without secrets.
#pragma once

#include <string>

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace ringfort::http {

// `more`: members of this kind of problem.
void send_problem(httplib::Response& response, int status, const std::string& title,
                  const std::string& detail = {},
                  const nlohmann::json& more = nlohmann::json::object());

}  // namespace ringfort::http
