// How a media thread takes packets from its many sockets and sends on them. Two ways: io_uring,
// where one system call serves the packets of many sockets, and epoll where the system has no
// io_uring. Belongs to the media thread that calls begin(), but for its making; nothing is
// allocated per packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "media/sockets.h"
#include "media/srtp.h"

namespace ringfort::media {

inline constexpr std::size_t packet_room = 2048;  // longer ones are no RTP and are dropped

// A packet that came. It may be changed in place, and `srtp_trailer` bytes behind it written.
struct Datagram {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  SocketAddress source;
};

class PacketIo {
 public:
  using Tag = std::uint64_t;  // names a socket that is watched
  using Take = std::function<void(Tag, Datagram&)>;
  // Told of packets that are about to be taken, so that memory which was not touched for a while
  // can be fetched for all of them at the same time: round 0 for each of them, then round 1, for
  // what round 0 fetched leads to. Not every packet is told.
  using Expect = std::function<void(Tag, int round)>;

  virtual ~PacketIo() = default;

  // First of all, on the thread it will live on. False: the system does not let it work.
  virtual bool begin() = 0;

  // From now on what comes on `fd` is taken as that of `tag`. Both below 2^63, tags not 0.
  virtual void add(int fd, Tag tag) = 0;
  // No longer. What came before may still be drained; what was sent before has left.
  virtual void remove(int fd, Tag tag) = 0;

  // Sends what is to be sent and waits for packets or for the wake-up descriptor to be readable,
  // `timeout_ms` at most (-1: as long as it takes); it may end early. `gather`: packets come all
  // the time, and to be woken for each would cost more than the packet does: some are let come
  // first, for 0.1 ms at most. True: the descriptor is readable, or may be; when much has come it
  // may be told later.
  virtual bool wait(int timeout_ms, bool gather) = 0;
  // Hands over what has come to all sockets: some of it, the rest in the next turn.
  virtual void deliver() = 0;
  // Hands over all that has come to this one by now.
  virtual void drain(int fd, Tag tag) = 0;

  // Sends now or with the next flush() or wait(); false: it could not be sent. The bytes are
  // copied. What the system refuses later is lost without a word, as any packet may be.
  virtual bool send(int fd, std::span<const std::uint8_t> packet, const SocketAddress& to) = 0;
  virtual void flush() = 0;

 protected:
  PacketIo() = default;
  PacketIo(const PacketIo&) = delete;
  PacketIo& operator=(const PacketIo&) = delete;
};

// By io_uring when `batched` and the system lets us (Linux 6.1, not forbidden), else by epoll;
// `name` of what it became for the log. Throws when neither can be had.
struct OpenedIo {
  std::unique_ptr<PacketIo> io;
  std::string name;
};
OpenedIo open_packet_io(int wake_fd, PacketIo::Take take, PacketIo::Expect expect, bool batched);

}  // namespace ringfort::media
