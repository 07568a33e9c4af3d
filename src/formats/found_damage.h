// Damage that shows while somebody hears or takes a recording: it is marked and told at once, and
// not only by the weekly check, which finds it again or takes the mark away. Any thread.
#pragma once

#include <memory>
#include <string>

#include "domain/event.h"
#include "domain/recording.h"
#include "formats/outgoing.h"
#include "recording/vault.h"
#include "store/database.h"

namespace ringfort::formats {

// Kept for the recording's page; the alarm recording.damaged is raised unless it is marked already.
// Does nothing when the recording was deleted meanwhile.
void note_damage(store::Database& tenant, const domain::Recording& recording,
                 const FoundDamage& found, domain::Time now, const domain::EventSink& on_event);

// Tells the first failure of a read.
std::unique_ptr<audio::ByteSource> watched(std::unique_ptr<audio::ByteSource> file,
                                           const domain::Recording& recording,
                                           const DamageSink& on_damage);

}  // namespace ringfort::formats
