// GateForTest: stands between a client and a server's Unix socket, on a port of 127.0.0.1, and lets the network fail as a test
// says.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace gannet::db {

class GateForTest {
 public:
  enum class Mode {
    forward,
    /// New connections are closed at once.
    refuse,
    /// Nothing passes any more, and nobody is told.
    stall,
    /// When the client says `word` everything is cut, before the server has heard it.
    cut_before_word,
    /// The same after the server has heard it; its answer does not pass.
    cut_after_word,
  };

  explicit GateForTest(std::string socket_path);
  GateForTest(const GateForTest&) = delete;
  GateForTest& operator=(const GateForTest&) = delete;
  ~GateForTest();

  int port() const { return port_; }
  void set_mode(Mode mode, std::string word = {});
  /// Ends all connections that there are.
  void cut();

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool is_muted = false;
  };

  void run();
  void accept_one();
  /// False where the pair is over.
  bool pass_on(Pair& pair, int from);
  static void close_pair(const Pair& pair);

  const std::string socket_path_;
  int listener_ = -1;
  /// Wakes the thread.
  int wake_[2] = {-1, -1};
  int port_ = 0;
  std::mutex mutex_;
  Mode mode_ = Mode::forward;
  std::string word_;
  bool is_cutting_ = false;
  bool is_over_ = false;
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace gannet::db
