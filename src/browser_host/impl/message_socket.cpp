#include "browser_host/impl/message_socket.hpp"

#include <sys/socket.h>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {
namespace {

constexpr std::size_t k_fds_max = 2;

union ControlBuffer {
  cmsghdr alignment;
  char bytes[CMSG_SPACE(k_fds_max * sizeof(int))];
};

void take_fds(msghdr& header, std::vector<Fd>& fds) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

SocketResult send_packet(int socket, std::string_view bytes, std::span<const Fd> fds) {
  ASSERT_INVARIANT(fds.size() <= k_fds_max && !bytes.empty(), "a packet has content and at most two descriptors");
  iovec content{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  ControlBuffer buffer{};
  if (!fds.empty()) {
    header.msg_control = buffer.bytes;
    header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    for (std::size_t i = 0; i < fds.size(); ++i) {
      const int fd = fds[i].get();
      std::memcpy(CMSG_DATA(control) + i * sizeof(int), &fd, sizeof(int));
    }
  }
  for (;;) {
    if (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return SocketResult::done;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == ENOBUFS ? SocketResult::would_block : SocketResult::closed;
  }
}

SocketResult receive_packet(int socket, Packet& packet) {
  packet.fds.clear();
  packet.bytes.resize(k_message_bytes_max);
  iovec content{packet.bytes.data(), packet.bytes.size()};
  ControlBuffer buffer{};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = buffer.bytes;
  header.msg_controllen = sizeof buffer.bytes;
  for (;;) {
    const ssize_t size = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN ? SocketResult::would_block : SocketResult::closed;
    take_fds(header, packet.fds);
    packet.bytes.resize(static_cast<std::size_t>(size));
    const bool is_whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    return size > 0 && is_whole ? SocketResult::done : SocketResult::closed;
  }
}

}  // namespace gannet::browser_host
