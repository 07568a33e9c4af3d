#include "formats/export_index.h"

#include <nlohmann/json.hpp>

#include "formats/call_json.h"
#include "formats/calls_csv.h"
#include "util/text.h"

namespace ringfort::formats {
namespace {

using nlohmann::json;

// The columns in their order; `from` and `to` only where numbers are asked for.
nlohmann::ordered_json columns(const Wish& wish, const ExportedCall& exported) {
  const auto& [call, recording] = exported.row;
  const auto time = [](const std::optional<domain::Time>& at) {
    return at ? json(util::to_rfc3339(*at)) : json(nullptr);
  };
  nlohmann::ordered_json out;
  out["call"] = call.id;
  out["file"] = exported.file.empty() ? json(nullptr) : json(exported.file);
  out["direction"] = to_string(call.direction);
  out["started_at"] = time(call.started_at);
  out["answered_at"] = time(call.answered_at);
  out["ended_at"] = time(call.ended_at);
  out["seconds"] = recording ? static_cast<double>(recording->length.count()) / 1000 : 0.0;
  out["format"] = exported.file.empty() || !recording ? json(nullptr)
                  : wish.format                       ? json(format_name(*wish.format))
                                                      : json(recording->format);
  out["channels"] = wish.channels;
  out["sealed_sha256"] = recording ? json(recording->hash) : json(nullptr);
  out["problem"] = exported.problem.empty() ? json(nullptr) : json(exported.problem);
  if (wish.numbers) {
    const auto& callee = call.answered_by.number.empty() ? call.to : call.answered_by;
    out["from"] = util::clean_utf8(call.from.number, 128);
    out["to"] = util::clean_utf8(callee.number, 128);
  }
  return out;
}

}  // namespace

std::string index_csv_header(const Wish& wish) {
  std::string out =
      "call,file,direction,started_at,answered_at,ended_at,seconds,format,channels,sealed_sha256,"
      "problem";
  if (wish.numbers) out += ",from,to";
  return out + "\r\n";
}

std::string index_csv_line(const Wish& wish, const ExportedCall& call) {
  std::string line;
  const auto values = columns(wish, call);
  for (const auto& [name, value] : values.items()) {
    if (!line.empty()) line += ',';
    const std::string text = value.is_null()     ? ""
                             : value.is_string() ? value.get<std::string>()
                                                 : value.dump();
    line += csv_field(text, name == "from" || name == "to");
  }
  return line + "\r\n";
}

std::string index_json(const Wish& wish, const ExportedCall& call) {
  return columns(wish, call).dump();
}

}  // namespace ringfort::formats
