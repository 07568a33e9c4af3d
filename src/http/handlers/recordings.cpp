// A recording's audio and its waveform. Whoever hears or takes it is written down before.
#include "store/recordings.h"

#include <charconv>
#include <vector>

#include "http/handlers/handlers.h"
#include "http/range.h"
#include "recording/vault.h"
#include "store/calls.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr auto one_listening = std::chrono::minutes(10);  // a player asks for many ranges

std::optional<domain::Recording> sealed_recording(Exchange& exchange) {
  auto found = util::is_uuid(exchange.id)
                   ? store::recording_of_call(exchange.site.services.tenant.reader(), exchange.id)
                   : std::nullopt;
  if (!found || found->state != domain::RecordingState::sealed) {
    exchange.refuse(404, "There is no recording to hear.", found ? found->reason : "");
    return std::nullopt;
  }
  return found;
}

std::unique_ptr<recording::VaultReader> open_file(Exchange& exchange,
                                                  const domain::Recording& recording) {
  const auto& services = exchange.site.services;
  const auto wrapped = services.key_store.get(recording.id);
  const auto key =
      wrapped ? recording::unwrap_key(services.tenant_key, *wrapped, recording.id) : std::nullopt;
  auto file =
      key ? recording::open_vault_file(services.disk, services.vault_dir + "/" + recording.path,
                                       *key, recording.id)
          : util::fail("its key is gone", 500, 410);
  if (file) return std::move(*file);
  exchange.refuse(key ? 500 : 410, "The recording cannot be opened.", file.error().message);
  return nullptr;
}

void note_listening(Exchange& exchange, const domain::Recording& recording, bool download) {
  const std::string action = download ? "recording.downloaded" : "recording.played";
  const auto& user = exchange.who->user.name;
  const auto now = exchange.site.now();
  // Looked up and written in one transaction: a player asks for several ranges at once.
  exchange.site.services.system.write([&](SQLite::Database& db) {
    for (const auto& entry : store::list_audit(db, recording.id, 50)) {
      const bool lately = now - entry.at < one_listening;
      if (!download && lately && entry.who == user && entry.action == action) return;
    }
    store::save_audit(db, {now, user, action, recording.id, recording.call});
  });
}

const char* content_type(const std::string& format) {
  return format == "wav" ? "audio/wav" : "audio/ogg";
}

using File = std::unique_ptr<recording::VaultReader>;

// The response owns the reader from here on: it is freed when the last byte is out.
httplib::ContentProviderResourceReleaser freeing(recording::VaultReader* held) {
  return [held](bool) { const File freed(held); };
}

// RFC 9110 §13.1.5: a range of another version of the file is answered with the whole.
RangeAnswer wanted_part(const httplib::Request& request, const std::string& etag,
                        std::uint64_t size) {
  const bool same = !request.has_header("If-Range") || request.get_header_value("If-Range") == etag;
  return choose_range(same ? request.get_header_value("Range") : "", size);
}

void send_part(httplib::Response& response, const std::string& type, const RangeAnswer& part,
               File file) {
  auto* held = file.release();
  response.set_content_provider(
      part.length, type,
      [held, first = part.first](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::vector<std::byte> buffer(std::min(length, piece));
        const auto got = held->read_at(first + offset, buffer);
        if (!got || *got == 0) return false;
        return sink.write(reinterpret_cast<const char*>(buffer.data()), *got);
      },
      freeing(held));
}

void send_file(Exchange& exchange, const domain::Recording& recording, File file) {
  auto& response = exchange.response;
  const std::uint64_t size = file->size();
  const std::string etag = "\"" + recording.hash + "\"";
  response.set_header("Accept-Ranges", "bytes");
  response.set_header("ETag", etag);
  if (exchange.request.get_header_value("If-None-Match") == etag) {
    response.status = 304;
    return;
  }
  auto part = wanted_part(exchange.request, etag, size);
  if (part.kind == RangeAnswer::Kind::beyond) {
    response.set_header("Content-Range", "bytes */" + std::to_string(size));
    return exchange.refuse(416, "The recording is shorter than that.");
  }
  if (part.kind == RangeAnswer::Kind::whole) {
    part.length = size;
  } else {
    response.status = 206;
    response.set_header("Content-Range", "bytes " + std::to_string(part.first) + "-" +
                                             std::to_string(part.first + part.length - 1) + "/" +
                                             std::to_string(size));
  }
  send_part(response, content_type(recording.format), part, std::move(file));
}

// Converted while it is sent: nothing plain rests anywhere, and an hour of WAV is not held.
void send_converted(Exchange& exchange, const domain::Recording& recording,
                    const std::string& format, File file) {
  auto& slots = exchange.site.conversions;
  if (!slots.try_acquire()) {
    exchange.response.set_header("Retry-After", "10");
    return exchange.refuse(503, "Too many recordings are being converted.", "Try again shortly.");
  }
  auto* held = file.release();
  exchange.response.set_chunked_content_provider(
      content_type(format),
      [held, format, stored = recording.format](std::size_t, httplib::DataSink& sink) {
        const auto write = [&sink](std::span<const std::byte> bytes) {
          return sink.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        };
        if (!recording::convert(*held, stored, format, write)) return false;
        sink.done();
        return true;
      },
      [held, &slots](bool) {
        const File freed(held);
        slots.release();
      });
}

}  // namespace

void recording_send(Exchange& exchange) {
  const auto recording = sealed_recording(exchange);
  if (!recording) return;
  std::string format = exchange.query("format");
  if (format.empty()) format = recording->format;
  if (format != "opus" && format != "ogg" && format != "wav") {
    return exchange.refuse(400, "\"format\" is opus, ogg or wav.");
  }
  const bool download = exchange.query("download") == "1";
  if (download && !may(exchange.who->user.role, Permission::export_calls)) {
    return exchange.refuse(403, "You may hear this call, but not download it.");
  }
  auto file = open_file(exchange, *recording);
  if (!file) return;
  note_listening(exchange, *recording, download);
  if (download) {
    exchange.response.set_header(
        "Content-Disposition",
        "attachment; filename=\"" + recording->call + (format == "wav" ? ".wav\"" : ".ogg\""));
  }
  if (format == recording->format) return send_file(exchange, *recording, std::move(file));
  send_converted(exchange, *recording, format, std::move(file));
}

void waveform_show(Exchange& exchange) {
  const auto recording = sealed_recording(exchange);
  if (!recording) return;
  int points = 800;
  const std::string text = exchange.query("points");
  if (!text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), points);
    if (error != std::errc() || end != text.data() + text.size() || points < 1 || points > 4000) {
      return exchange.refuse(400, "\"points\" is a number from 1 to 4000.");
    }
  }
  const std::string key = recording->id + "/" + std::to_string(points);
  if (const auto kept = exchange.site.waveforms.find(key)) {
    return exchange.response.set_content(*kept, "application/json");
  }
  const auto file = open_file(exchange, *recording);
  if (!file) return;
  const Slot slot(exchange.site.hard_work);
  const auto peaks = recording::waveform(*file, static_cast<std::size_t>(points));
  if (!peaks) return exchange.refuse(500, "The recording cannot be read.", peaks.error().message);
  nlohmann::json body{{"points", points},
                      {"seconds", static_cast<double>(recording->length.count()) / 1000},
                      {"left", nlohmann::json::array()},
                      {"right", nlohmann::json::array()}};
  for (std::size_t i = 0; i + 1 < peaks->size(); i += 2) {
    body["left"].push_back((*peaks)[i]);
    body["right"].push_back((*peaks)[i + 1]);
  }
  exchange.send(body);
  exchange.site.waveforms.keep(key, exchange.response.body);
}

}  // namespace ringfort::http
