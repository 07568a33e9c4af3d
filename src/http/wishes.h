// How somebody wants recordings: format, channels, with numbers or without. From a query or from
// a JSON body. Pure; any thread.
#pragma once

#include "http/site.h"
#include "jobs/outgoing.h"

namespace ringfort::http {

// Each throws std::invalid_argument with a sentence for the caller.
jobs::Wish wish_of(const httplib::Request& request);
jobs::Wish wish_of(const nlohmann::json& body);

jobs::Vault vault_of(const Site& site);

}  // namespace ringfort::http
