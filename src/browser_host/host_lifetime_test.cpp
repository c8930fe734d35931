#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "browser_host/impl/host_fixture.hpp"

namespace gannet::browser_host {
namespace {

namespace fs = std::filesystem;

struct HostLifetimeTest : HostFixture {
  aio::Task<bool> stop() {
    co_await client->stop();
    co_return true;
  }
};

/// What a program does that is about to be killed: starts a host and a browser with a child that leaves its group, and says the
/// ids of all three on `report_fd`.
[[noreturn]] void be_a_doomed_parent(const std::string& folder, int report_fd) {
  auto host = HostProcess::start_before_threads({.user = "", .temporary_folder = folder});
  if (!host) ::_exit(1);
  const pid_t host_pid = host->pid;
  aio::asio::io_context context{1};
  HostClient client(context.get_executor(), std::move(*host));
  auto browser =
      aio::run(context, client.spawn(HostFixture::patient(), shell("setsid sh -c 'echo $$ >&4; exec sleep 1000' & wait")));
  if (!browser) ::_exit(1);
  const std::string child = read_until(browser->read_fd.get(), '\n');
  write_text(report_fd, fmt::format("{} {} {}\n", host_pid, browser->pid(), child));
  for (;;) ::pause();
}

TEST_F(HostLifetimeTest, the_death_of_the_parent_leaves_no_process_and_no_folder) {
  // The test adopts the host, so that it can wait for it.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int report[2];
  ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
  const Fd read_end(report[0]);
  Fd write_end(report[1]);
  const pid_t parent = ::fork();
  if (parent == 0) be_a_doomed_parent(folder.path().string(), write_end.get());
  write_end.reset();
  const std::string line = read_until(read_end.get(), '\n');
  pid_t host = 0;
  pid_t browser = 0;
  pid_t child = 0;
  ASSERT_EQ(std::sscanf(line.c_str(), "%d %d %d", &host, &browser, &child), 3) << line;
  EXPECT_FALSE(folder.is_empty());

  ASSERT_EQ(::kill(parent, SIGKILL), 0);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  for (const pid_t pid : {browser, child, host}) EXPECT_TRUE(wait_until_gone(pid)) << pid;
  int status = -1;
  ASSERT_EQ(::waitpid(host, &status, 0), host);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(folder.is_empty());
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(HostLifetimeTest, the_death_of_the_host_ends_all_browsers_as_unavailable) {
  start();
  const auto browser = must_spawn(shell("exec sleep 1000"));
  ASSERT_EQ(::kill(host_pid, SIGKILL), 0);
  const auto end = run(browser.wait_exit(patient()));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind(), ErrorKind::unavailable);
  EXPECT_TRUE(wait_until_gone(browser.pid()));
  EXPECT_FALSE(client->is_alive());
  EXPECT_EQ(spawn(shell("true")).error().kind(), ErrorKind::unavailable);
  EXPECT_TRUE(run(client->kill(patient(), browser.id())));
  EXPECT_FALSE(folder.is_empty()) << "nobody was left to remove it";

  TearDown();
  start();
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1)
      << "the next host sweeps what the dead one left";
}

TEST_F(HostLifetimeTest, a_second_host_leaves_the_folders_of_the_first_alone) {
  start();
  const auto browser = must_spawn(shell("cat <&3 >&4"));
  auto second = HostProcess::start_before_threads({.user = "", .temporary_folder = folder.path().string()});
  ASSERT_TRUE(second);
  EXPECT_NE(second->base_folder, client->base_folder());
  EXPECT_TRUE(fs::exists(client->base_folder() + "/b1/data"));
  second->socket.reset();
  ASSERT_EQ(::waitpid(second->pid, nullptr, 0), second->pid);
  EXPECT_FALSE(fs::exists(second->base_folder));
  write_text(browser.write_fd.get(), "alive\n");
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), "alive");
}

TEST_F(HostLifetimeTest, stopping_ends_everything_and_may_be_repeated) {
  start();
  const auto browser = must_spawn(shell("exec sleep 1000"));
  run(stop());
  EXPECT_EQ(must_exit(browser).status, "signal 9");
  EXPECT_TRUE(folder.is_empty());
  run(stop());
  EXPECT_EQ(spawn(shell("true")).error().kind(), ErrorKind::unavailable);
}

TEST_F(HostLifetimeTest, signals_of_the_terminal_do_not_end_the_host) {
  start();
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ASSERT_EQ(::kill(host_pid, number), 0);
  EXPECT_NE(::getpgid(host_pid), ::getpgrp());
  EXPECT_EQ(must_exit(must_spawn(shell("exit 5"))).status, "exit code 5");
}

TEST_F(HostLifetimeTest, links_planted_by_a_browser_lead_nowhere) {
  const auto kept = folder.path() / "kept";
  std::ofstream(kept) << "content";
  start();
  auto options = shell("ln -s /etc \"$1/etc\"; ln -s \"$2\" \"$1/kept\"; chmod 0 \"$1\"; cd ..; mv data moved; ln -s /etc data");
  options.args.insert(options.args.end(), {"sh", "{user_data_dir}", kept.string()});
  EXPECT_EQ(must_exit(must_spawn(options)).status, "exit code 0");
  EXPECT_TRUE(fs::exists("/etc/passwd"));
  EXPECT_TRUE(fs::exists(kept));
  EXPECT_FALSE(fs::exists(client->base_folder() + "/b1"));
}

TEST_F(HostLifetimeTest, a_host_without_a_folder_says_why_it_cannot_start) {
  const auto host = HostProcess::start_before_threads({.user = "", .temporary_folder = "/nowhere/at/all"});
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().describe(),
            "start the browser host: cannot make a folder in /nowhere/at/all (No such file or directory)");
}

TEST_F(HostLifetimeTest, a_user_that_does_not_exist_means_the_caller) {
  start("gannet-no-such-user");
  const auto browser = must_spawn(shell("id -u >&4"));
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), std::to_string(::geteuid()));
}

}  // namespace
}  // namespace gannet::browser_host
