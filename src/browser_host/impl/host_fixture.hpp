// A real host for one test, started before any thread as main() does it, and what tests need to look at processes. Test only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "browser_host/host_client.hpp"
#include "browser_host/impl/test_folder.hpp"

namespace gannet::browser_host {

/// No wait of a test lasts longer; the machine may be busy.
constexpr std::chrono::seconds k_patience{60};

/// Waits until no process has this id any more (or it is a zombie). False when the patience ends.
bool wait_until_gone(pid_t pid);
/// Reads until `stop_at` was read, or to the end without it. Fails the test when the patience ends.
std::string read_until(int fd, std::optional<char> stop_at = std::nullopt);
void write_text(int fd, std::string_view text);
/// Whether a living process has `text` in its command line.
bool is_running(std::string_view text);

/// `sh -c script`, whose fd 3 and 4 are the pipes.
SpawnOptions shell(std::string script);

struct HostFixture : testing::Test {
  /// Starts the host. `user` empty: as the caller.
  void start(std::string user = "");
  void TearDown() override;

  template <class T>
  T run(aio::Task<T> task) {
    return aio::run(context, std::move(task));
  }
  Result<BrowserProcess> spawn(SpawnOptions options);
  /// Spawns and fails the test when that fails.
  BrowserProcess must_spawn(SpawnOptions options);
  BrowserExit must_exit(const BrowserProcess& browser);
  static aio::Scope patient() { return aio::Scope::background().within(k_patience); }

  TestFolder folder;
  aio::asio::io_context context{1};
  std::unique_ptr<HostClient> client;
  pid_t host_pid = 0;
};

}  // namespace gannet::browser_host
