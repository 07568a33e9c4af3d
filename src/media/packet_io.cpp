#include "media/packet_io.h"

#include <string>
#include <utility>

#include "media/epoll_io.h"
#include "media/uring_io.h"

namespace ringfort::media {

OpenedIo open_packet_io(int wake_fd, PacketIo::Take take, PacketIo::Expect expect, bool batched) {
  std::string why = "as configured";
  if (batched) {
    auto made = UringIo::create(wake_fd, take, std::move(expect));
    if (made) return {std::move(*made), "io_uring"};
    why = made.error().message;
  }
  return {std::make_unique<EpollIo>(wake_fd, std::move(take)), "epoll, " + why};
}

}  // namespace ringfort::media
