// The host with a real Chromium. As root it also proves the change of user, for which it makes the system user that ./run makes.
#include <pwd.h>
#include <unistd.h>
#include <cstdlib>
#include <fstream>

#include "base/file.hpp"
#include "base/text.hpp"
#include "browser_host/impl/host_fixture.hpp"

namespace gannet::browser_host {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_user = "gannet-browser";

struct ChromiumTest : HostFixture {
  void SetUp() override {
    if (::geteuid() == 0 && !::getpwnam(k_user))
      ASSERT_EQ(std::system("useradd --system --no-create-home --shell /usr/sbin/nologin gannet-browser"), 0);
    start(k_user);
  }

  static SpawnOptions chromium() {
    SpawnOptions options;
    options.executable = "chromium-headless-shell";
    options.args = {"--remote-debugging-pipe", "--user-data-dir={user_data_dir}", "--no-first-run", "--disable-gpu",
                    "--disable-dev-shm-usage"};
    return options;
  }

  static std::string ask(const BrowserProcess& browser, std::string message) {
    write_text(browser.write_fd.get(), message + '\0');
    return read_until(browser.read_fd.get(), '\0');
  }
};

/// The value of a line of /proc/PID/status, "" when there is none.
std::string status_line(const fs::path& process, std::string_view name) {
  const auto status = read_file(process / "status");
  if (!status) return "";
  for (const auto line : split(*status, '\n'))
    if (line.starts_with(name)) return std::string(trim(line.substr(name.size())));
  return "";
}

/// The processes below /proc that mention `text` in their command line.
std::vector<fs::path> processes_with(std::string_view text) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto command = read_file(entry.path() / "cmdline");
    if (command && command->find(text) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

TEST_F(ChromiumTest, it_answers_over_the_pipe_with_its_sandbox_on) {
  const auto browser = must_spawn(chromium());
  const auto version = ask(browser, R"({"id":1,"method":"Browser.getVersion"})");
  EXPECT_NE(version.find(R"("id":1)"), std::string::npos) << version;
  EXPECT_NE(version.find("Chrome/"), std::string::npos) << version;

  const std::string folder_of_browser = client->base_folder() + "/b1/";
  const auto processes = processes_with(folder_of_browser);
  ASSERT_FALSE(processes.empty());
  const passwd* user = ::geteuid() == 0 ? ::getpwnam(k_user) : ::getpwuid(::geteuid());
  EXPECT_EQ(client->user(), user->pw_name);
  for (const auto& process : processes) EXPECT_TRUE(status_line(process, "Uid:").starts_with(fmt::format("{}\t", user->pw_uid)));
  // A sandboxed zygote has its own process namespace, in which it is number 1; "NSpid" then lists two numbers.
  bool has_sandbox = false;
  for (const auto& process : processes_with("--type=zygote"))
    has_sandbox = has_sandbox || split(status_line(process, "NSpid:"), '\t').size() > 1;
  EXPECT_TRUE(has_sandbox);
}

TEST_F(ChromiumTest, a_kill_takes_along_every_process_of_it) {
  const auto browser = must_spawn(chromium());
  ask(browser, R"({"id":1,"method":"Browser.getVersion"})");
  const std::string folder_of_browser = client->base_folder() + "/b1/";
  EXPECT_TRUE(is_running(folder_of_browser));
  ASSERT_TRUE(run(client->kill(patient(), browser.id())));
  EXPECT_FALSE(is_running(folder_of_browser));
  EXPECT_FALSE(fs::exists(folder_of_browser));
}

TEST_F(ChromiumTest, it_closes_by_itself_with_exit_code_0) {
  const auto browser = must_spawn(chromium());
  ask(browser, R"({"id":1,"method":"Browser.close"})");
  const auto end = must_exit(browser);
  EXPECT_EQ(end.status, "exit code 0") << end.stderr_tail;
}

TEST_F(ChromiumTest, as_root_with_the_sandbox_it_refuses_and_its_last_words_say_so) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";  // style: allow skipped-test, because only root can show it, and CI is root
  TearDown();
  start("");
  const auto end = must_exit(must_spawn(chromium()));
  EXPECT_EQ(end.status, "exit code 1");
  EXPECT_NE(end.stderr_tail.find("Running as root without --no-sandbox is not supported"), std::string::npos) << end.stderr_tail;
}

}  // namespace
}  // namespace gannet::browser_host
