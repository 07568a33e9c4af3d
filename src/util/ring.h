// ByteRing: one thread writes records of bytes, one other thread reads them, neither ever waits.
// A record that does not fit is refused and counted. Memory is fixed at construction.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace ringfort::util {

class ByteRing {
 public:
  // `capacity` in bytes, rounded up to a power of two.
  explicit ByteRing(std::size_t capacity) {
    while (size_ < capacity) size_ *= 2;
    bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_);
  }

  // Writer: appends head followed by body as one record; false (and counted) when full.
  bool push(std::span<const std::byte> head, std::span<const std::byte> body) {
    const std::uint32_t length = static_cast<std::uint32_t>(head.size() + body.size());
    const std::size_t need = sizeof(length) + length;
    const std::uint64_t written = written_.load(std::memory_order_relaxed);
    if (need > size_ - (written - seen_read_)) {
      seen_read_ = read_.load(std::memory_order_acquire);
      if (need > size_ - (written - seen_read_)) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    }
    std::uint64_t at = written;
    at = copy_in(at, std::as_bytes(std::span(&length, 1)));
    at = copy_in(at, head);
    at = copy_in(at, body);
    written_.store(at, std::memory_order_release);
    return true;
  }

  // Writer: whether less than half of it is free.
  bool is_half_full() {
    const std::uint64_t written = written_.load(std::memory_order_relaxed);
    if (written - seen_read_ <= size_ / 2) return false;
    seen_read_ = read_.load(std::memory_order_acquire);
    return written - seen_read_ > size_ / 2;
  }

  // Reader: copies the oldest record into `out` and returns its length; 0 when there is none.
  // A record longer than `out` is cut.
  std::size_t pop(std::span<std::byte> out) {
    const std::uint64_t read = read_.load(std::memory_order_relaxed);
    if (read == seen_written_) {
      seen_written_ = written_.load(std::memory_order_acquire);
      if (read == seen_written_) return 0;
    }
    std::uint32_t length = 0;
    copy_out(read, std::as_writable_bytes(std::span(&length, 1)));
    const std::size_t taken = length < out.size() ? length : out.size();
    copy_out(read + sizeof(length), out.first(taken));
    read_.store(read + sizeof(length) + length, std::memory_order_release);
    return taken;
  }

  // Records refused so far because the reader was too slow. Any thread.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::uint64_t copy_in(std::uint64_t at, std::span<const std::byte> from) {
    const std::size_t offset = at & (size_ - 1);
    const std::size_t first = from.size() < size_ - offset ? from.size() : size_ - offset;
    if (first > 0) std::memcpy(bytes_.get() + offset, from.data(), first);
    if (from.size() > first) std::memcpy(bytes_.get(), from.data() + first, from.size() - first);
    return at + from.size();
  }
  void copy_out(std::uint64_t at, std::span<std::byte> to) const {
    const std::size_t offset = at & (size_ - 1);
    const std::size_t first = to.size() < size_ - offset ? to.size() : size_ - offset;
    if (first > 0) std::memcpy(to.data(), bytes_.get() + offset, first);
    if (to.size() > first) std::memcpy(to.data() + first, bytes_.get(), to.size() - first);
  }

  // Constant after construction.
  std::size_t size_ = 64;
  std::unique_ptr<std::byte[]> bytes_;
  // Self-synchronised; each on its own cache line, so the two threads do not fight over one. Behind
  // it what its thread last saw of the other one, which is asked again only when that is used up.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t seen_read_ = 0;
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t seen_written_ = 0;
  alignas(64) std::atomic<std::uint64_t> refused_{0};
};

}  // namespace ringfort::util
