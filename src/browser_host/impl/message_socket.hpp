// One packet with its descriptors over a SOCK_SEQPACKET socket, without waiting. Used by both ends.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "browser_host/fd.hpp"

namespace gannet::browser_host {

enum class SocketResult {
  done,
  would_block,
  closed,  // The peer is gone, shut its side, or broke the framing.
};

struct Packet {
  std::string bytes;
  std::vector<Fd> fds;
};

/// At most two descriptors; the caller keeps its own copies.
SocketResult send_packet(int socket, std::string_view bytes, std::span<const Fd> fds);
SocketResult receive_packet(int socket, Packet& packet);

}  // namespace gannet::browser_host
