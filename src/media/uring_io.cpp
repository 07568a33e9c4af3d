#include "media/uring_io.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "media/epoll_io.h"
#include "util/log.h"

namespace ringfort::media {
namespace {

// User data of requests; tags of sockets lie between.
constexpr PacketIo::Tag wake_tag = 0;
constexpr PacketIo::Tag send_tag = ~PacketIo::Tag{0};
constexpr PacketIo::Tag dealt_with = send_tag - 1;

constexpr unsigned queue = 512;     // requests handed over at once
constexpr unsigned answers = 4096;  // that may wait for us; more are kept by the kernel
constexpr int patience = 1000;      // how often what must come is asked for
constexpr int cancel_tries = 20;
constexpr long long cancel_ns = 5'000'000;
constexpr int most_waiting = 1000;      // packets in one socket
constexpr unsigned most_gathered = 32;  // answers, or as many as come in the time below
constexpr int gather_us = 100;
constexpr int buffer_group = 0;
constexpr std::size_t ring_bytes = BufferRing::count * sizeof(io_uring_buf);
constexpr std::size_t memory_bytes = ring_bytes + BufferRing::count * BufferRing::stride;

void* fresh_memory() {
  void* memory =
      ::mmap(nullptr, memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

}  // namespace

BufferRing::BufferRing()
    : memory_(fresh_memory()),
      ring_(static_cast<io_uring_buf_ring*>(memory_)),
      room_(static_cast<std::uint8_t*>(memory_) + ring_bytes) {}

BufferRing::~BufferRing() {
  ::munmap(memory_, memory_bytes);
}

int BufferRing::lend_to(io_uring& ring) {
  io_uring_buf_reg terms{};
  terms.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
  terms.ring_entries = count;
  terms.bgid = buffer_group;
  const int refused = io_uring_register_buf_ring(&ring, &terms, 0);
  if (refused != 0) return refused;
  io_uring_buf_ring_init(ring_);
  for (unsigned n = 0; n < count; ++n) give_back(n);
  return 0;
}

void BufferRing::give_back(unsigned number) {
  io_uring_buf_ring_add(ring_, at(number), used, static_cast<unsigned short>(number),
                        io_uring_buf_ring_mask(count), 0);
  io_uring_buf_ring_advance(ring_, 1);
}

util::Result<std::unique_ptr<PacketIo>> UringIo::create(int wake_fd, Take take, Expect expect) {
  std::unique_ptr<UringIo> made;
  try {
    made.reset(new UringIo(wake_fd, std::move(take), std::move(expect)));
  } catch (const std::bad_alloc&) {
    return util::fail("no memory for io_uring");
  }
  const int refused = made->start();
  if (refused != 0) {
    return util::fail(std::string("no io_uring (") + std::strerror(-refused) + ")");
  }
  return made;
}

UringIo::UringIo(int wake_fd, Take take, Expect expect)
    : wake_fd_(wake_fd), take_(std::move(take)), expect_(std::move(expect)) {
  shape_.msg_namelen = BufferRing::name_room;
  came_.reserve(answers);
}

// Answers are worked out only when this thread asks for them (DEFER_TASKRUN): it is never
// interrupted for one packet.
int UringIo::start() {
  io_uring_params terms{};
  terms.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                IORING_SETUP_R_DISABLED;
  terms.cq_entries = answers;
  const int refused = io_uring_queue_init_params(queue, &ring_, &terms);
  if (refused != 0) return refused;
  open_ = true;
  return buffers_.lend_to(ring_);
}

// io_uring_enable_rings() is missing from Debian 12's liburing, though its header has it. The first
// call that waits is tried here: a system may allow the making of a ring and not its use.
bool UringIo::begin() {
  if (::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) !=
      0) {
    return false;
  }
  watch_wake();
  return io_uring_submit(&ring_) > 0 && io_uring_get_events(&ring_) >= 0;
}

UringIo::~UringIo() {
  if (open_) io_uring_queue_exit(&ring_);
}

io_uring_sqe* UringIo::next_entry() {
  auto* entry = io_uring_get_sqe(&ring_);
  if (entry != nullptr) return entry;
  flush();
  return io_uring_get_sqe(&ring_);
}

void UringIo::watch_wake() {
  auto* entry = next_entry();
  wake_watched_ = entry != nullptr;
  if (entry == nullptr) return;
  io_uring_prep_poll_multishot(entry, wake_fd_, POLLIN);
  entry->user_data = wake_tag;
}

void UringIo::add(int fd, Tag tag) {
  sockets_[tag] = fd;
  arm(fd, tag);
}

void UringIo::arm(int fd, Tag tag) {
  auto* entry = next_entry();
  if (entry == nullptr) return ended_.push_back(tag);
  io_uring_prep_recvmsg_multishot(entry, fd, &shape_, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = buffer_group;
  entry->user_data = tag;
}

// The request holds the socket open: without an end of it the port would stay taken, so that its
// last answer is waited for. One look at the answers may bring only some of them (Linux 6.13), and
// a request that runs just now cannot be cancelled yet: each try is bounded, and so are all of
// them.
void UringIo::remove(int, Tag tag) {
  for (int n = 0; n < patience && io_uring_sq_ready(&ring_) > 0; ++n) flush();
  sockets_.erase(tag);
  const std::size_t before = came_.size();
  const auto is_over = [&] {
    io_uring_get_events(&ring_);
    collect();
    return std::any_of(came_.begin() + static_cast<std::ptrdiff_t>(before), came_.end(),
                       [tag](const Came& came) {
                         return came.tag == tag && (came.flags & IORING_CQE_F_MORE) == 0;
                       });
  };
  int cancelled = -EAGAIN;  // 0: its last answer comes; ENOENT: it is no more
  for (int n = 0; n < cancel_tries && cancelled != 0 && cancelled != -ENOENT; ++n) {
    io_uring_sync_cancel_reg which{};
    which.addr = tag;
    which.timeout = {0, cancel_ns};
    cancelled = io_uring_register_sync_cancel(&ring_, &which);
    if (is_over() || cancelled == -ENOENT) return;
  }
  for (int n = 0; n < patience; ++n) {
    if (is_over()) return;
  }
  log::error("media: the system does not let go of a socket");
}

void UringIo::submit_and_wait(unsigned wanted, std::int64_t timeout_us) {
  __kernel_timespec limit{timeout_us / 1'000'000, (timeout_us % 1'000'000) * 1000};
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, wanted, &limit, nullptr);
}

// While answers are there a wait would return at once and let the kernel do nothing for those who
// have none yet: a flood to one socket would stop all others.
bool UringIo::wait(int timeout_ms, bool gather) {
  if (!wake_watched_) watch_wake();
  const auto is_there = [this] {
    return io_uring_cq_ready(&ring_) > 0 || !came_.empty() || woken_;
  };
  const bool at_once = is_there();
  if (at_once) io_uring_submit_and_get_events(&ring_);
  if (!at_once && gather && timeout_ms != 0) submit_and_wait(most_gathered, gather_us);
  if (!is_there()) {
    constexpr int long_ms = 3'600'000, retry_ms = 20;
    const int wait_ms = !wake_watched_ ? retry_ms : timeout_ms < 0 ? long_ms : timeout_ms;
    submit_and_wait(1, wait_ms * 1000LL);
  }
  if (io_uring_sq_ready(&ring_) == 0) unsent_count_ = 0;
  collect();
  return std::exchange(woken_, false);
}

void UringIo::collect() {
  unsigned head = 0, seen = 0;
  io_uring_cqe* answer = nullptr;
  bool wake_ended = false;
  io_uring_for_each_cqe(&ring_, head, answer) {
    ++seen;
    if (answer->user_data == send_tag) continue;  // only failures are told
    if (answer->user_data == wake_tag) {
      woken_ = true;
      wake_ended |= (answer->flags & IORING_CQE_F_MORE) == 0;
      continue;
    }
    came_.push_back({answer->user_data, answer->res, answer->flags});
  }
  io_uring_cq_advance(&ring_, seen);
  if (wake_ended) watch_wake();
}

void UringIo::deliver() {
  for (int round = 0; round < 2 && expect_; ++round) {
    for (const Came& came : came_) expect_(came.tag, round);
  }
  for (const Came& came : came_) {
    if (came.tag != dealt_with) handle(came);
  }
  came_.clear();
  arm_again();
}

// A request ends by itself when no buffer is free; what came then waits in the socket.
void UringIo::handle(const Came& came) {
  if ((came.flags & IORING_CQE_F_MORE) == 0) ended_.push_back(came.tag);
  if ((came.flags & IORING_CQE_F_BUFFER) == 0) return;
  const unsigned number = came.flags >> IORING_CQE_BUFFER_SHIFT;
  auto* begin = buffers_.at(number);
  auto* out = came.result < 0 ? nullptr : io_uring_recvmsg_validate(begin, came.result, &shape_);
  if (out != nullptr && (out->flags & MSG_TRUNC) == 0) {
    datagram_.data = static_cast<std::uint8_t*>(io_uring_recvmsg_payload(out, &shape_));
    datagram_.size = io_uring_recvmsg_payload_length(out, came.result, &shape_);
    datagram_.source = {io_uring_recvmsg_name(out),
                        std::min<std::size_t>(out->namelen, BufferRing::name_room)};
    take_(came.tag, datagram_);
  }
  buffers_.give_back(number);
}

void UringIo::arm_again() {
  for (std::size_t left = ended_.size(); left > 0; --left) {
    const Tag tag = ended_.front();
    ended_.pop_front();
    const auto found = sockets_.find(tag);
    if (found != sockets_.end()) arm(found->second, tag);
  }
}

// Handed over first: a request that waits to be made would take packets behind our back.
void UringIo::drain(int fd, Tag tag) {
  flush();
  io_uring_get_events(&ring_);
  collect();
  for (Came& came : came_) {
    if (came.tag != tag) continue;
    handle(came);
    came.tag = dealt_with;
  }
  datagram_.data = room_.data();
  for (int n = 0; n < most_waiting && receive_one(fd, datagram_); ++n) {
    take_(tag, datagram_);
    datagram_.data = room_.data();
  }
  arm_again();
}

bool UringIo::send(int fd, std::span<const std::uint8_t> packet, const SocketAddress& to) {
  if (packet.size() > unsent_[0].packet.size()) return false;
  if (unsent_count_ == most_unsent) flush();
  auto* entry = unsent_count_ < most_unsent ? next_entry() : nullptr;
  if (entry == nullptr) return false;
  auto& unsent = unsent_[unsent_count_++];
  std::memcpy(unsent.packet.data(), packet.data(), packet.size());
  unsent.to = to;
  io_uring_prep_send(entry, fd, unsent.packet.data(), packet.size(), MSG_DONTWAIT);
  io_uring_prep_send_set_addr(entry, unsent.to.get(), static_cast<__u16>(unsent.to.length()));
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = send_tag;
  return true;
}

// A request that must not wait (MSG_DONTWAIT) is done when it is handed over: its bytes are free.
void UringIo::flush() {
  while (io_uring_sq_ready(&ring_) > 0 && io_uring_submit(&ring_) > 0) {
  }
  if (io_uring_sq_ready(&ring_) == 0) unsent_count_ = 0;
}

}  // namespace ringfort::media
