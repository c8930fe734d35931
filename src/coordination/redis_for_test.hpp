// RedisForTest: a real Redis server on a Unix socket in a temporary folder, gone with the test program however that ends. It can
// be stopped, started, paused and emptied.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "coordination/redis.hpp"

namespace gannet::coordination {

class RedisForTest {
 public:
  /// `settings` as on the command line: {"--requirepass", "secret"}.
  explicit RedisForTest(std::vector<std::string> settings = {});
  RedisForTest(const RedisForTest&) = delete;
  RedisForTest& operator=(const RedisForTest&) = delete;
  ~RedisForTest();

  RedisAddress address() const;
  /// What REDIS_URL would be.
  std::string url() const { return "unix://" + socket_path(); }
  std::string socket_path() const { return (folder_ / "redis.sock").string(); }

  /// Returns when it accepts connections. It begins empty.
  void start();
  /// At once, without a word to anybody.
  void stop();
  void pause() const;
  void resume() const;

  /// One command as another client sends it; the answer as text, "(nil)" for none, "(error) …" for an error.
  std::string command(const std::vector<std::string>& words) const;

 private:
  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  pid_t server_ = 0;
  /// Reads what the server logs, so that it never waits for a reader.
  std::jthread log_reader_;
};

}  // namespace gannet::coordination
