// The streams of one media thread. A packet finds its stream by a tag that says where it lies:
// among thousands of streams a look into a hash table waits for memory. Lives on a media thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "media/packet_io.h"
#include "media/stream.h"

namespace ringfort::media {

class StreamTable {
 public:
  // Takes it in and returns the tag of its RTP socket, below 2^61.
  PacketIo::Tag add(std::unique_ptr<Stream> stream);
  // Gives it up; its tag names nobody from then on. Null when it is not here.
  std::unique_ptr<Stream> take(StreamId id);

  Stream* find(StreamId id) const;          // null when it is not here
  Stream* at(PacketIo::Tag tag) const;      // the same
  void expect(PacketIo::Tag tag) const;     // see Stream::expect_packet; nobody: nothing
  PacketIo::Tag tag_of(StreamId id) const;  // of one that is here
  std::size_t size() const { return placed_.size(); }
  bool empty() const { return placed_.empty(); }

  // Calls `what` with each stream. It must not add or take any.
  template <class F>
  void each(F&& what) {
    for (const auto& stream : places_) {
      if (stream) what(*stream);
    }
  }

 private:
  std::vector<std::unique_ptr<Stream>> places_;  // null: free
  std::vector<std::uint32_t> free_;
  std::unordered_map<StreamId, std::uint32_t> placed_;
};

}  // namespace ringfort::media
