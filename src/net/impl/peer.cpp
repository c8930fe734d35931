#include "net/impl/peer.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet::net {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

struct DiagRequest {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

DiagRequest make_request(const boost::asio::ip::tcp::endpoint& peer, const boost::asio::ip::tcp::endpoint& local) {
  DiagRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;  // Without NLM_F_DUMP the kernel looks up this one socket.
  request.body.sdiag_family = AF_INET;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  // Seen from the peer's socket: its own end is the source.
  request.body.id.idiag_sport = htons(peer.port());
  request.body.id.idiag_dport = htons(local.port());
  request.body.id.idiag_src[0] = htonl(peer.address().to_v4().to_uint());
  request.body.id.idiag_dst[0] = htonl(local.address().to_v4().to_uint());
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

}  // namespace

Result<uid_t> find_peer_uid(const boost::asio::ip::tcp::endpoint& peer, const boost::asio::ip::tcp::endpoint& local) {
  const FileDescriptor socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (socket.number() < 0) return fail_errno(ErrorKind::unavailable, errno, "the kernel's socket table cannot be asked");
  const DiagRequest request = make_request(peer, local);
  if (::send(socket.number(), &request, sizeof request, 0) < 0)
    return fail_errno(ErrorKind::unavailable, errno, "the kernel's socket table cannot be asked");
  // The kernel queues its answer before send() returns, so there is nothing to wait for.
  alignas(nlmsghdr) std::array<char, 4096> buffer;
  const ssize_t size = ::recv(socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < ssize_t(sizeof(nlmsghdr)))
    return fail_errno(ErrorKind::unavailable, errno, "the kernel's socket table did not answer");
  nlmsghdr header;
  std::memcpy(&header, buffer.data(), sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR && size >= ssize_t(NLMSG_HDRLEN + sizeof(nlmsgerr))) {
    nlmsgerr error;
    std::memcpy(&error, buffer.data() + NLMSG_HDRLEN, sizeof error);
    return fail_errno(error.error == -ENOENT ? ErrorKind::not_found : ErrorKind::unavailable, -error.error,
                      "looking up the peer's socket");
  }
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || size < ssize_t(NLMSG_HDRLEN + sizeof(inet_diag_msg)))
    return fail(ErrorKind::unavailable, "the kernel's socket table gave an unknown answer");
  inet_diag_msg message;
  std::memcpy(&message, buffer.data() + NLMSG_HDRLEN, sizeof message);
  // Where no connection matches, the kernel offers a listener at the peer's port, which has no far end.
  if (message.id.idiag_dport != request.body.id.idiag_dport) return fail(ErrorKind::not_found, "the peer has no socket any more");
  return uid_t(message.idiag_uid);
}

}  // namespace gannet::net
