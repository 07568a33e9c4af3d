// Exports: many recordings as one ZIP archive, made while it is sent. Whoever orders one is the
// only one to fetch it; every call is written down before it leaves.
#include "http/exports.h"

#include <stdexcept>

#include "http/call_filter.h"
#include "http/handlers/handlers.h"
#include "http/wishes.h"
#include "store/accounts.h"
#include "util/log.h"

namespace ringfort::http {
namespace {

constexpr std::size_t most_calls = 100'000;

nlohmann::json export_json(const std::string& id, const Export& each) {
  return {{"id", id},
          {"state", to_string(each.state)},
          {"done", each.done},
          {"calls", each.size.calls},
          {"seconds", static_cast<double>(each.size.length.count()) / 1000},
          {"bytes", each.bytes},
          {"text", each.text}};
}

// The filter as the list's, in the body; what comes in while it runs stays out.
formats::ExportOrder order_of(Exchange& exchange, const nlohmann::json& body) {
  formats::ExportOrder order;
  order.filter = call_filter(texts_of(body));
  order.filter.cursor.clear();
  const auto now = exchange.site.now();
  order.filter.to = order.filter.to ? std::min(*order.filter.to, now) : now;
  order.wish = wish_of(body);
  order.box = exchange.site.config.server.name;
  return order;
}

std::string summary(const formats::ExportArchive& archive) {
  if (archive.problems() == 0) return {};
  return std::to_string(archive.problems()) +
         " calls could not be taken out whole; the index says why.";
}

// An archive on its way to one reader.
class Sending {
 public:
  Sending(Site& site, const std::string& user, std::string id, const formats::ExportOrder& order)
      : site_(site),
        id_(std::move(id)),
        archive_(
            site.services.tenant, vault_of(site), order,
            [this, user](const auto& taken) { write_down(user, taken); },
            [this](std::span<const std::byte> bytes) {
              return !site_.stopping && sink_->is_writable() &&
                     sink_->write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            }) {}
  ~Sending() { site_.exports.end(id_, ExportState::stopped, "The reader went away."); }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  bool step(httplib::DataSink& sink) {
    sink_ = &sink;
    const auto more = archive_.step();
    site_.exports.progress(id_, archive_.done(), archive_.bytes());
    if (!more) {
      if (!archive_.stopped()) {
        log::error("export: {}", more.error().message);
        site_.exports.end(id_, ExportState::failed, more.error().message);
      }
      return false;
    }
    if (*more) return true;
    site_.exports.end(id_, ExportState::done, summary(archive_));
    sink.done();
    return true;
  }

 private:
  void write_down(const std::string& user, const std::vector<domain::Recording>& taken) {
    const auto now = site_.now();
    site_.services.system.write([&](SQLite::Database& db) {
      for (const auto& each : taken) {
        store::save_audit(db, {now, user, "recording.exported", each.id, each.call});
      }
    });
  }

  Site& site_;
  const std::string id_;
  httplib::DataSink* sink_ = nullptr;
  formats::ExportArchive archive_;
};

}  // namespace

void exports_create(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  try {
    Export fresh;
    fresh.user = exchange.who->user.name;
    fresh.order = order_of(exchange, *body);
    fresh.size = formats::measure_export(exchange.site.services.tenant, fresh.order, most_calls);
    if (fresh.size.calls > most_calls) {
      return exchange.refuse(
          422, "These are too many calls for one archive.",
          "Choose a shorter time; " + std::to_string(most_calls) + " calls fit into one.");
    }
    const auto size = fresh.size;
    const auto id = exchange.site.exports.add(std::move(fresh));
    if (!id) return exchange.refuse(503, "Too many exports are waiting.", "Fetch one first.");
    exchange.send({{"id", *id},
                   {"calls", size.calls},
                   {"seconds", static_cast<double>(size.length.count()) / 1000}},
                  201);
  } catch (const std::invalid_argument& e) {
    exchange.refuse(400, "The export cannot be made.", e.what());
  }
}

void exports_show(Exchange& exchange) {
  const auto found = exchange.site.exports.find(exchange.id, exchange.who->user.name);
  if (!found) return exchange.refuse(404, "There is no such export.");
  exchange.send(export_json(exchange.id, *found));
}

void exports_archive(Exchange& exchange) {
  auto& site = exchange.site;
  const auto& user = exchange.who->user.name;
  const auto found = site.exports.find(exchange.id, user);
  if (!found) return exchange.refuse(404, "There is no such export.");
  switch (site.exports.start(exchange.id, user)) {
    case Exports::Start::unknown:
      return exchange.refuse(404, "There is no such export.");
    case Exports::Start::runs_already:
      return exchange.refuse(409, "This export is being fetched.");
    case Exports::Start::too_many:
      exchange.response.set_header("Retry-After", "30");
      return exchange.refuse(503, "Other exports are being made.", "Try again shortly.");
    case Exports::Start::ok:
      break;
  }
  exchange.response.set_header("Content-Disposition", "attachment; filename=\"recordings.zip\"");
  auto* sending = new Sending(site, user, exchange.id, found->order);
  exchange.response.set_chunked_content_provider(
      "application/zip",
      [sending](std::size_t, httplib::DataSink& sink) { return sending->step(sink); },
      [sending](bool) { delete sending; });
}

}  // namespace ringfort::http
