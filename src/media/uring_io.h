// Packets by io_uring (Linux 6.1 or newer): the kernel puts what comes to any socket into buffers
// that lie ready, and one system call hands all of it over, takes what is to be sent and waits for
// more. Belongs to one media thread.
#pragma once

#include <array>
#include <deque>
#include <unordered_map>
#include <vector>

#include <liburing.h>

#include "media/packet_io.h"
#include "util/result.h"

namespace ringfort::media {

// Buffers that the kernel takes as packets come and that are given back when they are dealt with.
class BufferRing {
 public:
  // A power of two. More than come in an ordinary turn; few enough to be still in the processor's
  // cache when they are used again.
  static constexpr unsigned count = 256;
  // A name as long as that of IPv6, and behind the packet room for the SRTP trailer.
  static constexpr std::size_t name_room = sizeof(sockaddr_in6);
  static constexpr std::size_t used = sizeof(io_uring_recvmsg_out) + name_room + packet_room;
  static constexpr std::size_t stride = (used + srtp_trailer + 63) / 64 * 64;

  BufferRing();  // throws std::bad_alloc
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  // Lends all buffers to the kernel as group 0; a negative errno when it does not take them.
  int lend_to(io_uring& ring);
  std::uint8_t* at(unsigned number) { return room_ + number * stride; }
  void give_back(unsigned number);

 private:
  void* const memory_;
  io_uring_buf_ring* const ring_;
  std::uint8_t* const room_;
};

class UringIo final : public PacketIo {
 public:
  // Fails where the system has no io_uring as new as this needs, or forbids it.
  static util::Result<std::unique_ptr<PacketIo>> create(int wake_fd, Take take, Expect expect);
  ~UringIo() override;

  bool begin() override;
  void add(int fd, Tag tag) override;
  void remove(int fd, Tag tag) override;
  bool wait(int timeout_ms, bool gather) override;
  void deliver() override;
  void drain(int fd, Tag tag) override;
  bool send(int fd, std::span<const std::uint8_t> packet, const SocketAddress& to) override;
  void flush() override;

 private:
  // What the kernel told and was not dealt with yet.
  struct Came {
    Tag tag = 0;
    int result = 0;
    unsigned flags = 0;
  };
  // Stays as it is until the kernel has taken it.
  struct Unsent {
    SocketAddress to;
    std::array<std::uint8_t, packet_room + srtp_trailer> packet;
  };
  static constexpr std::size_t most_unsent = 32;

  UringIo(int wake_fd, Take take, Expect expect);
  int start();
  io_uring_sqe* next_entry();
  void watch_wake();
  void submit_and_wait(unsigned wanted, std::int64_t timeout_us);
  void arm(int fd, Tag tag);
  void collect();
  void handle(const Came& came);
  void arm_again();

  const int wake_fd_;
  const Take take_;
  const Expect expect_;
  io_uring ring_{};
  bool open_ = false;
  BufferRing buffers_;
  msghdr shape_{};  // of each message: the room for the sender's address
  std::unordered_map<Tag, int> sockets_;
  std::vector<Came> came_;
  std::deque<Tag> ended_;  // receive requests that ended by themselves, to be made again
  bool woken_ = false;
  bool wake_watched_ = false;
  std::array<Unsent, most_unsent> unsent_;
  std::size_t unsent_count_ = 0;
  std::array<std::uint8_t, packet_room + srtp_trailer> room_;  // for what is drained
  Datagram datagram_;
};

}  // namespace ringfort::media
