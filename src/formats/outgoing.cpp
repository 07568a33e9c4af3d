#include "formats/outgoing.h"

#include <cctype>

#include "formats/found_damage.h"
#include "recording/vault.h"
#include "util/text.h"

namespace ringfort::formats {
namespace {

constexpr std::size_t longest_tag = 300;

const domain::Party& callee(const domain::Call& call) {
  return call.answered_by.number.empty() ? call.to : call.answered_by;
}

// A number as part of a file's name on any system.
std::string safe(const std::string& number) {
  std::string out;
  for (const char c : number) {
    const bool kept = c == '+' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (kept && out.size() < 32) out += c;
  }
  return out.empty() ? "withheld" : out;
}

std::string spoken(const domain::Party& party) {
  const std::string number = party.number.empty() ? "withheld" : party.number;
  return party.name.empty() ? number : party.name + " (" + number + ")";
}

audio::AudioFormat format_of(const Wish& wish, const domain::Recording& recording) {
  if (wish.format) return *wish.format;
  return audio::format_of(recording.format).value_or(audio::AudioFormat::opus);
}

}  // namespace

util::Result<std::unique_ptr<audio::ByteSource>> open_recording(
    const Vault& vault, const domain::Recording& recording) {
  const auto found = [&](const std::string& kind, const std::string& text) {
    if (vault.on_damage) vault.on_damage(recording, {kind, text});
  };
  const auto wrapped = vault.keys.get(recording.id);
  if (!wrapped) {
    found("key_missing", "The key is missing; the audio cannot be opened.");
    return util::fail("Its key is gone.", 500, 410);
  }
  const auto key = recording::unwrap_key(vault.tenant_key, *wrapped, recording.id);
  if (!key) {
    found("key_missing", "The key cannot be opened.");
    return util::fail("Its key does not open any more.", 500, 410);
  }
  const std::string path = vault.folder + "/" + recording.path;
  auto file = recording::open_vault_file(vault.disk, path, *key, recording.id);
  if (!file) {
    found(vault.disk.open(path) ? "changed" : "removed",
          "The sealed file cannot be opened: " + file.error().message + ".");
    return file;
  }
  return vault.on_damage ? watched(std::move(*file), recording, vault.on_damage) : std::move(*file);
}

audio::OutputFormat target_of(const Wish& wish, const domain::Call& call,
                              const domain::Recording& recording, const std::string& box) {
  audio::Tags tags;
  tags.call = call.id;
  tags.started_at = util::to_rfc3339(recording.started_at);
  tags.ended_at = util::to_rfc3339(recording.started_at + recording.length);
  tags.box = util::clean_utf8(box, longest_tag);
  if (wish.numbers) {
    tags.parties = util::clean_utf8(spoken(call.from) + " to " + spoken(callee(call)), longest_tag);
  }
  return {format_of(wish, recording), wish.channels, std::move(tags)};
}

std::string file_name(const Wish& wish, const domain::Call& call,
                      const domain::Recording& recording) {
  const std::string plain =
      call.id + "." + std::string(audio::file_ending(format_of(wish, recording)));
  if (!wish.numbers) return plain;
  std::string when;  // 2026-11-21T10:00:00.000Z as 20261121-100000
  for (const char c : util::to_rfc3339(recording.started_at).substr(0, 19)) {
    if (c == 'T') when += '-';
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) when += c;
  }
  return when + " " + safe(call.from.number) + " " + safe(callee(call).number) + " " + plain;
}

}  // namespace ringfort::formats
