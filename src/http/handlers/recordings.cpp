// A recording's audio and its waveform. Whoever hears or takes it is written down before.
#include "store/recordings.h"

#include <charconv>
#include <stdexcept>
#include <vector>

#include "audio/tagged_file.h"
#include "audio/waveform.h"
#include "formats/evidence_json.h"
#include "formats/vcon.h"
#include "http/handlers/handlers.h"
#include "http/problem.h"
#include "http/range.h"
#include "http/wishes.h"
#include "store/calls.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr auto one_listening = std::chrono::minutes(10);  // a player asks for many ranges

// What is left of a deleted recording is its receipt.
void refuse_gone(Exchange& exchange, const domain::Recording& recording) {
  const auto keeping =
      formats::keeping_json(exchange.site.services.tenant.reader(), recording.call, recording);
  send_problem(exchange.response, 410, "The recording was deleted.", recording.reason,
               {{"receipt", keeping["receipt"]}});
}

std::optional<domain::Recording> sealed_recording(Exchange& exchange) {
  auto found = util::is_uuid(exchange.id)
                   ? store::recording_of_call(exchange.site.services.tenant.reader(), exchange.id)
                   : std::nullopt;
  if (found && found->state == domain::RecordingState::gone) {
    refuse_gone(exchange, *found);
    return std::nullopt;
  }
  if (!found || found->state != domain::RecordingState::sealed) {
    exchange.refuse(404, "There is no recording to hear.", found ? found->reason : "");
    return std::nullopt;
  }
  return found;
}

std::unique_ptr<audio::ByteSource> open_file(Exchange& exchange,
                                             const domain::Recording& recording) {
  auto file = formats::open_recording(vault_of(exchange.site), recording);
  if (file) return std::move(*file);
  exchange.refuse(file.error().http_status, "The recording cannot be opened.",
                  file.error().message);
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

using File = std::unique_ptr<audio::ByteSource>;

// The stored file, and how it leaves: with tags in front where it is downloaded.
struct Leaving {
  File stored;
  File shown;
};

// The response owns what it sends from here on: it is freed when the last byte is out.
template <class T>
httplib::ContentProviderResourceReleaser freeing(T* held) {
  return [held](bool) { const std::unique_ptr<T> freed(held); };
}

// RFC 9110 §13.1.5: a range of another version of the file is answered with the whole.
RangeAnswer wanted_part(const httplib::Request& request, const std::string& etag,
                        std::uint64_t size) {
  const bool same = !request.has_header("If-Range") || request.get_header_value("If-Range") == etag;
  return choose_range(same ? request.get_header_value("Range") : "", size);
}

void send_part(httplib::Response& response, const std::string& type, const RangeAnswer& part,
               Leaving leaving) {
  auto* held = new Leaving(std::move(leaving));
  response.set_content_provider(
      part.length, type,
      [held, first = part.first](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::vector<std::byte> buffer(std::min(length, piece));
        const auto got = held->shown->read_at(first + offset, buffer);
        if (!got || *got == 0) return false;
        return sink.write(reinterpret_cast<const char*>(buffer.data()), *got);
      },
      freeing(held));
}

void send_file(Exchange& exchange, const domain::Recording& recording,
               const audio::OutputFormat& target, File file) {
  auto& response = exchange.response;
  auto shown = audio::with_tags(*file, target.tags);
  if (!shown) {
    return exchange.refuse(500, "The recording cannot be opened.", shown.error().message);
  }
  const std::uint64_t size = (*shown)->size();
  const std::string variant = target.tags.call.empty()      ? ""
                              : target.tags.parties.empty() ? "-tagged"
                                                            : "-named";
  const std::string etag = "\"" + recording.hash + variant + "\"";
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
  send_part(response, std::string(media_type(target.format)), part,
            {std::move(file), std::move(*shown)});
}

// Takes one of the few places for conversions; the response gives it back.
bool take_place(Exchange& exchange) {
  if (exchange.site.conversions.try_acquire()) return true;
  exchange.response.set_header("Retry-After", "10");
  exchange.refuse(503, "Too many recordings are being converted.", "Try again shortly.");
  return false;
}

// Converted while it is sent: nothing plain rests anywhere, and an hour of WAV is not held.
void send_converted(Exchange& exchange, const domain::Recording& recording,
                    const audio::OutputFormat& target, File file) {
  if (!take_place(exchange)) return;
  auto* held = file.release();
  exchange.response.set_chunked_content_provider(
      std::string(media_type(target.format)),
      [held, target, stored = recording.format, &stopping = exchange.site.stopping](
          std::size_t, httplib::DataSink& sink) {
        const auto write = [&](std::span<const std::byte> bytes) {
          return !stopping && sink.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        };
        if (!audio::convert(*held, stored, target, write)) return false;
        sink.done();
        return true;
      },
      [held, &slots = exchange.site.conversions](bool) {
        const File freed(held);
        slots.release();
      });
}

void offer_as_file(Exchange& exchange, const std::string& name) {
  exchange.response.set_header("Content-Disposition", "attachment; filename=\"" + name + "\"");
}

std::optional<formats::Wish> wish(Exchange& exchange) {
  try {
    return wish_of(exchange.request);
  } catch (const std::invalid_argument& e) {
    exchange.refuse(400, "The recording cannot be sent so.", e.what());
    return std::nullopt;
  }
}

// The one call that `exchange` is about, with its legs.
std::optional<store::CallDetails> call_of(Exchange& exchange) {
  auto call = util::is_uuid(exchange.id)
                  ? store::find_call(exchange.site.services.tenant.reader(), exchange.id)
                  : std::nullopt;
  if (!call) exchange.refuse(404, "There is no such call.");
  return call;
}

// What a streamed vCon needs until its last byte is out.
struct LeavingVcon {
  store::CallDetails details;
  domain::Time now;
  audio::OutputFormat target;
  std::string name;
  File file;
  const std::atomic<bool>& stopping;

  bool send(httplib::DataSink& sink) {
    const auto source = [this](const audio::WriteOut& write) {
      return audio::convert(*file, details.recording->format, target, write);
    };
    const auto write = [&](std::string_view text) {
      return !stopping && sink.write(text.data(), text.size());
    };
    const formats::VconAudio audio{target.format, target.channels, name, {}};
    if (!formats::write_vcon(details, now, audio, source, write)) return false;
    sink.done();
    return true;
  }
};

}  // namespace

void recording_send(Exchange& exchange) {
  const auto recording = sealed_recording(exchange);
  if (!recording) return;
  const auto wanted = wish(exchange);
  if (!wanted) return;
  const bool download = exchange.query("download") == "1";
  if (download && !may(exchange.who->user.role, Permission::export_calls)) {
    return exchange.refuse(403, "You may hear this call, but not download it.");
  }
  const auto call = call_of(exchange);
  if (!call) return;
  auto file = open_file(exchange, *recording);
  if (!file) return;
  note_listening(exchange, *recording, download);
  auto target =
      formats::target_of(*wanted, call->call, *recording, exchange.site.config.server.name);
  if (download) {
    offer_as_file(exchange, formats::file_name(*wanted, call->call, *recording));
  } else {
    target.tags = {};
  }
  if (audio::kept_as_is(recording->format, target)) {
    return send_file(exchange, *recording, target, std::move(file));
  }
  send_converted(exchange, *recording, target, std::move(file));
}

void vcon_show(Exchange& exchange) {
  const auto call = call_of(exchange);
  if (!call) return;
  auto& site = exchange.site;
  const bool sealed = call->recording && call->recording->state == domain::RecordingState::sealed;
  const bool with_audio = exchange.query("audio") == "1";
  if (with_audio && !sealed) {
    return exchange.refuse(404, "There is no recording to put into it.");
  }
  const auto wanted = wish(exchange);
  if (!wanted) return;
  File file;
  if (with_audio) file = open_file(exchange, *call->recording);
  if (with_audio && !file) return;
  site.audit(exchange.who->user.name, "recording.exported",
             with_audio ? call->recording->id : call->call.id, call->call.id);
  offer_as_file(exchange, call->call.id + ".vcon.json");
  if (!with_audio) {
    exchange.response.set_content(formats::vcon(*call, site.now(), std::nullopt).dump(),
                                  "application/vcon+json");
    return;
  }
  if (!take_place(exchange)) return;
  const auto target =
      formats::target_of(*wanted, call->call, *call->recording, site.config.server.name);
  auto* held =
      new LeavingVcon{*call,           site.now(),
                      target,          formats::file_name(*wanted, call->call, *call->recording),
                      std::move(file), site.stopping};
  exchange.response.set_chunked_content_provider(
      "application/vcon+json",
      [held](std::size_t, httplib::DataSink& sink) { return held->send(sink); },
      [held, &slots = site.conversions](bool) {
        delete held;
        slots.release();
      });
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
  const auto peaks = audio::waveform(*file, static_cast<std::size_t>(points));
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
