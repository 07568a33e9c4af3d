// How somebody wants recordings: format, channels, with numbers or without. From a query or from
// a JSON body. Pure; any thread.
#pragma once

#include "formats/outgoing.h"
#include "http/site.h"

namespace ringfort::http {

// Each throws std::invalid_argument with a sentence for the caller.
formats::Wish wish_of(const httplib::Request& request);
formats::Wish wish_of(const nlohmann::json& body);

formats::Vault vault_of(const Site& site);

}  // namespace ringfort::http
