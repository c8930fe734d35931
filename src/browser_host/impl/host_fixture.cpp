#include "browser_host/impl/host_fixture.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <charconv>

#include "base/file.hpp"

namespace gannet::browser_host {
namespace {

bool wait_readable(int fd, std::chrono::steady_clock::time_point deadline) {
  pollfd event{fd, POLLIN, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return ::poll(&event, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) > 0;
}

}  // namespace

bool wait_until_gone(pid_t pid) {
  // By number: the header of glibc 2.36 declares pidfd_open() without C linkage.
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return !process || wait_readable(process.get(), std::chrono::steady_clock::now() + k_patience);
}

std::string read_until(int fd, std::optional<char> stop_at) {
  const auto deadline = std::chrono::steady_clock::now() + k_patience;
  std::string text;
  char byte = 0;
  for (;;) {
    if (!wait_readable(fd, deadline)) {
      ADD_FAILURE() << "nothing more came after: " << text;
      return text;
    }
    if (::read(fd, &byte, 1) <= 0 || byte == stop_at) return text;
    text += byte;
  }
}

void write_text(int fd, std::string_view text) { ASSERT_EQ(::write(fd, text.data(), text.size()), ssize_t(text.size())); }

bool is_running(std::string_view text) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid == ::getpid()) continue;
    if (const auto command = read_file(entry.path() / "cmdline"); command && command->find(text) != std::string::npos)
      return true;
  }
  return false;
}

SpawnOptions shell(std::string script) {
  SpawnOptions options;
  options.executable = "/bin/sh";
  options.args = {"-c", std::move(script)};
  return options;
}

void HostFixture::start(std::string user) {
  auto host = HostProcess::start_before_threads({.user = std::move(user), .temporary_folder = folder.path().string()});
  ASSERT_TRUE(host) << host.error().describe();
  host_pid = host->pid;
  client = std::make_unique<HostClient>(context.get_executor(), std::move(*host));
}

void HostFixture::TearDown() {
  if (!client) return;
  run([](HostClient& c) -> aio::Task<bool> {
    co_await c.stop();
    co_return true;
  }(*client));
  client.reset();
  EXPECT_TRUE(wait_until_gone(host_pid));
}

Result<BrowserProcess> HostFixture::spawn(SpawnOptions options) { return run(client->spawn(patient(), std::move(options))); }

BrowserProcess HostFixture::must_spawn(SpawnOptions options) {
  auto browser = spawn(std::move(options));
  EXPECT_TRUE(browser) << browser.error().describe();
  return std::move(browser.value());
}

BrowserExit HostFixture::must_exit(const BrowserProcess& browser) {
  auto end = run(browser.wait_exit(patient()));
  EXPECT_TRUE(end) << end.error().describe();
  return std::move(end.value());
}

}  // namespace gannet::browser_host
