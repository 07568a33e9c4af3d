// A file that only takes room, so that the ends of calls can still be stored when the disk is
// full: then it is given up, and taken again when there is room. One thread at a time.
#pragma once

#include <cstdint>
#include <string>

namespace ringfort::store {

class Reserve {
 public:
  static constexpr std::uint64_t size = 8 << 20;

  explicit Reserve(std::string path) : path_(std::move(path)) {}
  // Makes the file when it is not there and the disk has room to spare.
  void take();
  // True when there was something to give up.
  bool give_up();

 private:
  bool room_to_spare() const;

  const std::string path_;
};

}  // namespace ringfort::store
