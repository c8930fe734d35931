#include "browser_host/host_client.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "browser_host/impl/host_fixture.hpp"

namespace gannet::browser_host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

bool exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

/// A command that reports its process id on fd 4 and then lingers.
constexpr std::string_view k_linger = "sh -c 'echo $$ >&4; exec sleep 1000'";

struct HostClientTest : HostFixture {
  void SetUp() override { start(); }

  pid_t read_pid(const BrowserProcess& browser) { return std::stoi(read_until(browser.read_fd.get(), '\n')); }
  Result<void> kill(BrowserId id) { return run(client->kill(patient(), id)); }
  bool has_folders() const {
    for (const auto& entry : fs::directory_iterator(client->base_folder()))
      if (entry.is_directory()) return true;
    return false;
  }
};

TEST_F(HostClientTest, the_browser_reads_its_fd_3_and_writes_its_fd_4) {
  auto browser = must_spawn(shell("cat <&3 >&4"));
  EXPECT_GT(browser.pid(), 0);
  write_text(browser.write_fd.get(), std::string("hello\0", 6));
  EXPECT_EQ(read_until(browser.read_fd.get(), '\0'), "hello");
  EXPECT_FALSE(browser.has_exited());
  browser.write_fd.reset();
  EXPECT_EQ(read_until(browser.read_fd.get()), "");
  EXPECT_EQ(must_exit(browser).status, "exit code 0");
  EXPECT_TRUE(browser.has_exited());
}

TEST_F(HostClientTest, an_executable_that_cannot_run_is_named_with_the_cause) {
  SpawnOptions options;
  options.executable = "/nowhere/chromium";
  auto browser = spawn(options);
  ASSERT_FALSE(browser);
  EXPECT_EQ(browser.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(browser.error().describe(), "start browser: cannot run /nowhere/chromium (No such file or directory)");
  options.executable = "gannet-no-such-program";
  browser = spawn(options);
  ASSERT_FALSE(browser);
  EXPECT_EQ(browser.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(browser.error().describe(), "start browser: gannet-no-such-program is not in PATH");
  options.executable = "/etc/passwd";
  EXPECT_EQ(spawn(options).error().kind(), ErrorKind::denied);
  EXPECT_EQ(client->size(), 0U);
  EXPECT_FALSE(has_folders());
}

TEST_F(HostClientTest, options_that_no_program_can_get_are_refused) {
  auto options = shell("true");
  options.args.push_back(std::string("a\0b", 3));
  EXPECT_EQ(spawn(options).error().kind(), ErrorKind::invalid);
  options = shell("true");
  options.environment = {{"A=B", "c"}};
  EXPECT_EQ(spawn(options).error().kind(), ErrorKind::invalid);
  options = shell("true");
  options.files = {{"../escape", ""}};
  EXPECT_EQ(spawn(options).error().kind(), ErrorKind::invalid);
  options = shell("true");
  options.files = {{"large", std::string(k_message_bytes_max, 'x')}};
  EXPECT_EQ(spawn(options).error().kind(), ErrorKind::invalid);
}

TEST_F(HostClientTest, the_largest_possible_options_get_through) {
  auto options = shell("stat -c %s \"$1/large\" >&4");
  options.args.insert(options.args.end(), {"sh", "{user_data_dir}"});
  options.files = {{"large", std::string(k_message_bytes_max - 300, 'x')}};
  const auto browser = must_spawn(options);
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), std::to_string(k_message_bytes_max - 300));
}

TEST_F(HostClientTest, an_exit_carries_its_status_and_the_last_of_standard_error) {
  auto end = must_exit(must_spawn(shell("echo out; echo last words >&2; exit 7")));
  EXPECT_EQ(end.status, "exit code 7");
  EXPECT_EQ(end.stderr_tail, "last words\n");
  EXPECT_EQ(must_exit(must_spawn(shell("kill -SEGV $$"))).status, "signal 11");
  end = must_exit(must_spawn(shell("head -c 300000 /dev/zero | tr '\\0' x >&2; echo end >&2")));
  EXPECT_EQ(end.stderr_tail.size(), 16U * 1024);
  EXPECT_TRUE(end.stderr_tail.ends_with("xxend\n"));
}

TEST_F(HostClientTest, a_kill_leaves_no_process_and_no_folder) {
  // A child in a session of its own; one orphaned; one orphaned that also cleared its environment.
  const auto script = fmt::format("setsid {0} & (setsid {0} &); (env -i setsid {0} &); wait; exec sleep 1000", k_linger);
  const auto browser = must_spawn(shell(script));
  const std::vector<pid_t> children{read_pid(browser), read_pid(browser), read_pid(browser)};
  for (const auto pid : children) EXPECT_TRUE(exists(pid));
  EXPECT_TRUE(has_folders());
  ASSERT_TRUE(kill(browser.id()));
  for (const auto pid : children) EXPECT_FALSE(exists(pid));
  EXPECT_FALSE(exists(browser.pid()));
  EXPECT_FALSE(has_folders());
  EXPECT_EQ(must_exit(browser).status, "signal 9");
  EXPECT_TRUE(kill(browser.id())) << "killing the dead is fine";
}

TEST_F(HostClientTest, a_browsers_own_exit_takes_along_what_it_left_behind) {
  const auto browser = must_spawn(shell(fmt::format("setsid {0} & (setsid {0} &); read line <&3; exit 3", k_linger)));
  const std::vector<pid_t> children{read_pid(browser), read_pid(browser)};
  write_text(browser.write_fd.get(), "exit\n");
  EXPECT_EQ(must_exit(browser).status, "exit code 3");
  for (const auto pid : children) EXPECT_FALSE(exists(pid));
  EXPECT_FALSE(has_folders());
}

TEST_F(HostClientTest, the_end_of_one_browser_leaves_the_others_alone) {
  const auto script = fmt::format("(setsid {0} &); cat <&3 >&4", k_linger);
  const auto first = must_spawn(shell(script));
  const auto second = must_spawn(shell(script));
  const auto first_orphan = read_pid(first);
  const auto second_orphan = read_pid(second);
  ASSERT_TRUE(kill(first.id()));
  EXPECT_FALSE(exists(first_orphan));
  EXPECT_TRUE(exists(second_orphan));
  write_text(second.write_fd.get(), "still here\n");
  EXPECT_EQ(read_until(second.read_fd.get(), '\n'), "still here");
}

TEST_F(HostClientTest, a_browser_that_floods_its_standard_error_does_not_hold_up_the_host) {
  const auto flood = must_spawn(shell("exec yes >&2"));
  EXPECT_EQ(must_exit(must_spawn(shell("exit 4"))).status, "exit code 4");
  ASSERT_TRUE(kill(flood.id()));
  EXPECT_EQ(must_exit(flood).status, "signal 9");
}

TEST_F(HostClientTest, letting_go_of_a_browser_kills_it) {
  pid_t pid = 0;
  {
    auto browser = must_spawn(shell("exec sleep 1000"));
    pid = browser.pid();
    browser = must_spawn(shell("exec sleep 1000"));
    EXPECT_TRUE(exists(browser.pid()));
  }
  ASSERT_TRUE(kill(BrowserId{1}));
  ASSERT_TRUE(kill(BrowserId{2}));
  EXPECT_FALSE(exists(pid));
  EXPECT_EQ(client->size(), 0U);
}

TEST_F(HostClientTest, a_spawn_that_nobody_waits_for_any_more_is_undone) {
  const auto browser = run(client->spawn(aio::Scope::background().within(0ms), shell("exec sleep 1000")));
  ASSERT_FALSE(browser);
  EXPECT_EQ(browser.error().kind(), ErrorKind::timeout);
  ASSERT_TRUE(kill(BrowserId{1}));
  EXPECT_EQ(client->size(), 0U);
  EXPECT_FALSE(has_folders());
}

TEST_F(HostClientTest, the_environment_is_minimal_and_private) {
  auto options = shell("env >&4");
  options.environment = {{"EXTRA", "value"}, {"LANG", "de_DE.UTF-8"}};
  const auto browser = must_spawn(options);
  std::map<std::string, std::string> variables;
  const std::string text = read_until(browser.read_fd.get());
  for (const auto line : split(trim(text), '\n')) {
    const auto equals = line.find('=');
    variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  const std::string root = client->base_folder() + "/b1";
  EXPECT_EQ(variables["HOME"], root + "/home");
  EXPECT_EQ(variables["TMPDIR"], root + "/tmp");
  EXPECT_EQ(variables["XDG_RUNTIME_DIR"], root + "/run");
  EXPECT_EQ(variables["EXTRA"], "value");
  EXPECT_EQ(variables["LANG"], "de_DE.UTF-8");
  const std::set<std::string> expected{"HOME",           "TMPDIR",        "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                                       "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",  "EXTRA",
                                       "LANG",           "PATH"};
  const std::set<std::string> passed_on_or_made_by_sh{"TZ", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "PWD", "OLDPWD", "SHLVL", "_"};
  for (const auto& [name, value] : variables)
    EXPECT_TRUE(expected.contains(name) || passed_on_or_made_by_sh.contains(name)) << name << "=" << value;
  for (const auto& name : expected) EXPECT_TRUE(variables.contains(name)) << name;
}

TEST_F(HostClientTest, the_browser_gets_its_files_and_the_place_of_its_folder) {
  auto options = shell("echo \"$1\" >&4; cat \"${1#*=}/Default/Preferences\" >&4");
  options.args.insert(options.args.end(), {"sh", "--user-data-dir={user_data_dir}"});
  options.files = {{"Default/Preferences", "{\"profile\":{}}"}};
  const auto browser = must_spawn(options);
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), "--user-data-dir=" + client->base_folder() + "/b1/data");
  EXPECT_EQ(read_until(browser.read_fd.get()), "{\"profile\":{}}");
}

TEST_F(HostClientTest, the_browser_inherits_no_descriptors_signals_or_core_dumps) {
  // One exec for all commands: a redirection of its own would show among the shell's descriptors.
  const auto browser = must_spawn(
      shell("exec >&4; ls -m /proc/$$/fd; ulimit -c; cat /proc/$$/oom_score_adj; grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  const int fd = browser.read_fd.get();
  EXPECT_EQ(read_until(fd, '\n'), "0, 1, 2, 3, 4");
  EXPECT_EQ(read_until(fd, '\n'), "0");
  EXPECT_GE(std::stoi(read_until(fd, '\n')), 300);
  EXPECT_EQ(read_until(fd, '\n'), "SigBlk:\t0000000000000000");
  const auto ignored = std::stoull(read_until(fd, '\n').substr(7), nullptr, 16);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) EXPECT_EQ(ignored & (1ULL << (number - 1)), 0U) << number;
}

TEST_F(HostClientTest, an_authority_is_imported_into_the_private_certificate_database) {
  const std::string pem = (folder.path() / "ca.pem").string();
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null -out {} -days 2 -subj "
      "'/CN=Gannet test CA' 2>/dev/null",
      pem);
  ASSERT_EQ(std::system(command.c_str()), 0);
  auto options = shell("certutil -L -d sql:$HOME/.pki/nssdb >&4");
  options.ca_certificates = {read_file(pem).value(), read_file(pem).value()};
  const auto browser = must_spawn(options);
  const auto listing = read_until(browser.read_fd.get());
  EXPECT_NE(listing.find("gannet-ca-1"), std::string::npos) << listing;
  EXPECT_NE(listing.find("C,,"), std::string::npos) << listing;

  options.ca_certificates[1] = "not a certificate";
  const auto refused = spawn(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  EXPECT_NE(refused.error().describe().find("cannot import CA certificate 2 of 2: certutil"), std::string::npos)
      << refused.error().describe();
}

TEST_F(HostClientTest, samples_of_memory_arrive) {
  const auto browser = must_spawn(shell("exec sleep 1000"));
  const auto deadline = std::chrono::steady_clock::now() + k_patience;
  context.restart();
  while (!browser.memory() && std::chrono::steady_clock::now() < deadline) context.run_one_for(k_patience);
  ASSERT_TRUE(browser.memory());
  EXPECT_GT(browser.memory()->total, 100_KiB);
  EXPECT_LT(browser.memory()->total, 100_MiB);
  EXPECT_EQ(browser.memory()->largest_renderer, 0_B);
}

TEST_F(HostClientTest, a_renderer_above_its_cap_is_killed_and_the_browser_lives) {
  auto options = shell(
      "sh -c 'x=$(head -c 90000000 /dev/zero | tr \"\\0\" a); read line <&3' sh --type=renderer & wait $!; echo renderer $? >&4; "
      "cat <&3 >&4");
  options.renderer_memory_max = 40_MiB;
  auto browser = must_spawn(options);
  std::vector<MemoryKill> kills;
  browser.on_memory_kill([&](const MemoryKill& kill) { kills.push_back(kill); });
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), "renderer 137");
  write_text(browser.write_fd.get(), "alive\n");
  EXPECT_EQ(read_until(browser.read_fd.get(), '\n'), "alive");
  browser.write_fd.reset();
  EXPECT_EQ(must_exit(browser).status, "exit code 0");
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].what, MemoryVictim::renderer);
  EXPECT_NE(kills[0].pid, browser.pid());
  EXPECT_GT(kills[0].excess.used, 40_MiB);
  EXPECT_EQ(kills[0].excess.limit, 40_MiB);
}

TEST_F(HostClientTest, a_browser_above_its_cap_is_killed) {
  auto options = shell("x=$(head -c 90000000 /dev/zero | tr '\\0' a); read line <&3");
  options.browser_memory_max = 40_MiB;
  auto browser = must_spawn(options);
  std::vector<MemoryKill> kills;
  browser.on_memory_kill([&](const MemoryKill& kill) { kills.push_back(kill); });
  EXPECT_EQ(must_exit(browser).status, "signal 9");
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].what, MemoryVictim::browser);
  EXPECT_EQ(kills[0].pid, browser.pid());
}

}  // namespace
}  // namespace gannet::browser_host
