#include "http/problem.h"

namespace ringfort::http {

void send_problem(httplib::Response& response, int status, const std::string& title,
                  const std::string& detail, const nlohmann::json& more) {
  nlohmann::json body{{"type", "about:blank"}, {"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  body.update(more);
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                       "application/problem+json");
}

}  // namespace ringfort::http
