#include "media/stream_table.h"

#include <utility>

namespace ringfort::media {
namespace {

// A place is used again: the id tells a stream from the one that was there before.
PacketIo::Tag make_tag(std::uint32_t place, StreamId id) {
  return (PacketIo::Tag{place} << 32) | id;
}

}  // namespace

PacketIo::Tag StreamTable::add(std::unique_ptr<Stream> stream) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const StreamId id = stream->id();
  const std::uint32_t place = free_.back();
  placed_[id] = place;
  free_.pop_back();
  places_[place] = std::move(stream);
  return make_tag(place, id);
}

std::unique_ptr<Stream> StreamTable::take(StreamId id) {
  const auto found = placed_.find(id);
  if (found == placed_.end()) return nullptr;
  const std::uint32_t place = found->second;
  free_.push_back(place);
  placed_.erase(found);
  return std::move(places_[place]);
}

Stream* StreamTable::find(StreamId id) const {
  const auto found = placed_.find(id);
  return found == placed_.end() ? nullptr : places_[found->second].get();
}

Stream* StreamTable::at(PacketIo::Tag tag) const {
  const auto place = tag >> 32;
  if (place >= places_.size()) return nullptr;
  Stream* stream = places_[place].get();
  return stream != nullptr && stream->id() == static_cast<StreamId>(tag) ? stream : nullptr;
}

// Unlike at() it does not look at the stream itself, whose memory is what would be waited for.
void StreamTable::expect(PacketIo::Tag tag) const {
  const auto place = tag >> 32;
  if (place < places_.size() && places_[place]) places_[place]->expect_packet();
}

PacketIo::Tag StreamTable::tag_of(StreamId id) const {
  return make_tag(placed_.at(id), id);
}

}  // namespace ringfort::media
