// Refusals as RFC 9457 problem details. Texts are plain sentences without secrets.
#pragma once

#include <string>

#include <httplib.h>

namespace ringfort::http {

void send_problem(httplib::Response& response, int status, const std::string& title,
                  const std::string& detail = {});

}  // namespace ringfort::http
