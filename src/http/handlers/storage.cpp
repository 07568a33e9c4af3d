// How full the disk is and how well all is kept; the recovery key.
#include "formats/list_marks.h"
#include "http/handlers/handlers.h"

namespace ringfort::http {
namespace {

constexpr std::size_t most_found = 100;

}  // namespace

void storage_show(Exchange& exchange) {
  auto body = exchange.site.services.storage();
  body["check"]["found"] = formats::found_json(exchange.site.services.tenant.reader(), most_found);
  exchange.send(body);
}

// Shown this once: what rests on the box cannot give it back.
void recovery_key_create(Exchange& exchange) {
  exchange.site.audit(exchange.who->user.name, "recovery_key.made", "");
  const auto made = exchange.site.services.make_recovery_key();
  if (!made) {
    return exchange.refuse(500, "The recovery key could not be made.", made.error().message);
  }
  exchange.response.set_header("Cache-Control", "no-store");
  exchange.send({{"recovery_key", *made}}, 201);
}

}  // namespace ringfort::http
