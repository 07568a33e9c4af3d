#include "formats/found_damage.h"

#include <utility>

#include "store/damage.h"
#include "store/deletions.h"
#include "store/recordings.h"

namespace ringfort::formats {
namespace {

class WatchedReader final : public audio::ByteSource {
 public:
  WatchedReader(std::unique_ptr<audio::ByteSource> inner, domain::Recording recording,
                DamageSink on_damage)
      : inner_(std::move(inner)),
        recording_(std::move(recording)),
        on_damage_(std::move(on_damage)) {}

  std::uint64_t size() const override { return inner_->size(); }
  util::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    auto got = inner_->read_at(offset, out);
    if (!got && !std::exchange(told_, true)) {
      on_damage_(recording_,
                 {"changed", "The sealed file is damaged: " + got.error().message + "."});
    }
    return got;
  }

 private:
  const std::unique_ptr<audio::ByteSource> inner_;
  const domain::Recording recording_;
  const DamageSink on_damage_;
  bool told_ = false;
};

}  // namespace

void note_damage(store::Database& tenant, const domain::Recording& recording,
                 const FoundDamage& found, domain::Time now, const domain::EventSink& on_event) {
  bool fresh = false;
  tenant.write([&](SQLite::Database& db) {
    const auto row = store::find_recording(db, recording.id);
    if (!row || row->state != recording.state || row->hash != recording.hash) return;
    if (store::is_being_deleted(db, recording.id)) return;
    fresh = store::add_damage(db, {recording.id, found.kind, found.text, now});
  });
  if (fresh) {
    on_event(domain::AlarmRaised{"recording.damaged", found.text, recording.call, now});
  }
}

std::unique_ptr<audio::ByteSource> watched(std::unique_ptr<audio::ByteSource> file,
                                           const domain::Recording& recording,
                                           const DamageSink& on_damage) {
  return std::make_unique<WatchedReader>(std::move(file), recording, on_damage);
}

}  // namespace ringfort::formats
