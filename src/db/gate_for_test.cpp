#include "db/gate_for_test.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "base/assert.hpp"

namespace gannet::db {

GateForTest::GateForTest(std::string socket_path) : socket_path_(std::move(socket_path)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_listening = ::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0 &&
                            ::getsockname(listener_, generic, &size) == 0 && ::pipe2(wake_, O_CLOEXEC) == 0;
  ASSERT_INVARIANT(is_listening, "the gate cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

GateForTest::~GateForTest() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  ASSERT_INVARIANT(::write(wake_[1], ".", 1) == 1, "the gate's thread can be woken");
  thread_.join();
  for (const auto& pair : pairs_) close_pair(pair);
  for (const int fd : {listener_, wake_[0], wake_[1]}) ::close(fd);
}

void GateForTest::set_mode(Mode mode, std::string word) {
  const std::scoped_lock lock(mutex_);
  mode_ = mode;
  word_ = std::move(word);
  for (auto& pair : pairs_) pair.is_muted = mode == Mode::stall;
}

void GateForTest::cut() {
  const std::scoped_lock lock(mutex_);
  is_cutting_ = true;
  ASSERT_INVARIANT(::write(wake_[1], ".", 1) == 1, "the gate's thread can be woken");
}

void GateForTest::close_pair(const Pair& pair) {
  ::close(pair.client);
  ::close(pair.server);
}

void GateForTest::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (mode_ == Mode::refuse || ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close_pair({client, server});
    return;
  }
  pairs_.push_back({client, server, mode_ == Mode::stall});
}

bool GateForTest::pass_on(Pair& pair, int from) {
  char buffer[16'384];
  const auto size = ::read(from, buffer, sizeof buffer);
  if (size <= 0) return false;
  if (pair.is_muted) return true;
  const bool is_client = from == pair.client;
  const bool has_word = is_client && !word_.empty() && std::string_view(buffer, std::size_t(size)).contains(word_);
  if (has_word && mode_ == Mode::cut_before_word) return false;
  const bool is_passed = ::send(is_client ? pair.server : pair.client, buffer, std::size_t(size), MSG_NOSIGNAL) == size;
  if (has_word && mode_ == Mode::cut_after_word) {
    // Its answer is waited for, so that the server has done it; the client does not get it.
    static_cast<void>(::read(pair.server, buffer, sizeof buffer));
    return false;
  }
  return is_passed;
}

void GateForTest::run() {
  for (;;) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    for (const auto& pair : pairs_) {
      polled.push_back({pair.client, POLLIN, 0});
      polled.push_back({pair.server, POLLIN, 0});
    }
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    const std::scoped_lock lock(mutex_);
    if (is_over_) return;
    char byte = 0;
    if (polled[1].revents != 0) static_cast<void>(::read(wake_[0], &byte, 1));
    std::size_t at = 2;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      bool is_open = !is_cutting_;
      if (is_open && polled[at].revents != 0) is_open = pass_on(*pair, pair->client);
      if (is_open && polled[at + 1].revents != 0) is_open = pass_on(*pair, pair->server);
      if (is_open) {
        ++pair;
      } else {
        close_pair(*pair);
        pair = pairs_.erase(pair);
      }
    }
    is_cutting_ = false;
    if (polled[0].revents != 0) accept_one();
  }
}

}  // namespace gannet::db
