// The evidence log, and the deletion of a recording by a person.
#include "store/evidence.h"

#include <charconv>

#include "formats/evidence_json.h"
#include "http/handlers/handlers.h"
#include "keeping/deletion.h"
#include "store/recordings.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

constexpr int entries_at_once = 500;
constexpr std::size_t longest_reason = 256;

// Nothing when the query is no number.
std::optional<std::int64_t> start_of(const Exchange& exchange) {
  const std::string text = exchange.query("after");
  if (text.empty()) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string lines_of(const std::vector<domain::EvidenceEntry>& entries) {
  std::string out;
  for (const auto& entry : entries) out += formats::evidence_json(entry).dump() + "\n";
  return out;
}

}  // namespace

void evidence_show(Exchange& exchange) {
  const auto& services = exchange.site.services;
  exchange.send(formats::evidence_head_json(store::evidence_head(services.tenant.reader()),
                                            services.signer->public_key()));
}

// In pieces, while it is sent: the log is never held whole.
void evidence_log(Exchange& exchange) {
  const auto after = start_of(exchange);
  if (!after) return exchange.refuse(400, "\"after\" is the number of an entry.");
  auto& tenant = exchange.site.services.tenant;
  exchange.site.audit(exchange.who->user.name, "evidence.exported", "");
  exchange.response.set_header("Content-Disposition",
                               "attachment; filename=\"ringfort-evidence.jsonl\"");
  exchange.response.set_chunked_content_provider(
      "application/jsonl", [&tenant, next = *after](std::size_t, httplib::DataSink& sink) mutable {
        const auto entries = store::evidence_after(tenant.reader(), next, entries_at_once);
        if (entries.empty()) {
          sink.done();
          return true;
        }
        next = entries.back().sequence;
        const std::string text = lines_of(entries);
        return sink.write(text.data(), text.size());
      });
}

void recording_delete(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  const auto reason = exchange.text(*body, "reason", longest_reason);
  if (!reason) return;
  if (util::trim(*reason).empty()) {
    return exchange.refuse(422, "Say why the recording is deleted.");
  }
  const auto& services = exchange.site.services;
  const auto recording = util::is_uuid(exchange.id)
                             ? store::recording_of_call(services.tenant.reader(), exchange.id)
                             : std::nullopt;
  if (!recording) return exchange.refuse(404, "There is no such recording.");
  const auto receipt = services.deleter->erase(
      *recording, exchange.who->user.name, std::string(util::trim(*reason)), exchange.site.now());
  if (!receipt) {
    return exchange.refuse(receipt.error().http_status, "The recording was not deleted.",
                           receipt.error().message);
  }
  exchange.send({{"receipt", formats::receipt_json(*receipt)}});
}

}  // namespace ringfort::http
