// The exports that were ordered, each by the user who may fetch it: what is in them, how far they
// are. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "formats/export_archive.h"
#include "util/clock.h"

namespace ringfort::http {

enum class ExportState { ready, running, done, failed, stopped };
std::string_view to_string(ExportState state);

struct Export {
  std::string user;
  formats::ExportOrder order;
  formats::ExportSize size;
  ExportState state = ExportState::ready;
  std::size_t done = 0;
  std::uint64_t bytes = 0;
  std::string text;  // plain words: why it failed, or what could not be taken out
  util::Clock::Steady touched{};
};

class Exports {
 public:
  static constexpr std::size_t most_kept = 50;     // in all; the oldest that is over goes
  static constexpr std::size_t most_of_user = 10;  // kept
  static constexpr int most_running = 2;           // each encodes and reads the disk all the time

  explicit Exports(const util::Clock& clock) : clock_(clock) {}

  // The new export's id; nothing when there are too many that are not over.
  std::optional<std::string> add(Export order);
  // Only the user's own.
  std::optional<Export> find(const std::string& id, const std::string& user);
  enum class Start { ok, unknown, runs_already, too_many };
  Start start(const std::string& id, const std::string& user);
  void progress(const std::string& id, std::size_t done, std::uint64_t bytes);
  void end(const std::string& id, ExportState state, const std::string& text);

 private:
  bool make_room(const std::string& user);

  const util::Clock& clock_;
  std::mutex mutex_;  // held for a look-up
  std::map<std::string, Export> kept_;
};

}  // namespace ringfort::http
