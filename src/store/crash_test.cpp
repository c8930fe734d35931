// What is left when the process that saves is killed, or its disk is full.
#include <csignal>

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/records_for_test.hpp"
#include "store/store.hpp"

namespace gannet::store {
namespace {

namespace fs = std::filesystem;

const RecordOptions k_large = {.pages = 3, .requests = 50};

struct CrashTest : testing::Test {
  const fs::path folder = fs::temp_directory_path() / ("gannet_crash_" + SystemRandom().token(12));
  SystemClock clock;
  SystemRandom random;

  CrashTest() { fs::create_directory(folder); }
  ~CrashTest() override { fs::remove_all(folder); }

  std::size_t count_files(const char* name) const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder / name)) count += entry.is_regular_file();
    return count;
  }
};

Result<void> save_with_extras(Store& store, ScanId id, const Clock& clock, const RecordOptions& options) {
  auto scan = make_record(id, clock.now(), options);
  const auto screenshots = add_screenshots(scan, options.secret);
  return store.save_scan_blocking(scan, {screenshots, make_judgement(clock.now(), options.secret)});
}

/// Saves one scan after the other until it is killed; a byte goes to `steps` before and after each step.
[[noreturn]] void save_forever(const fs::path& folder, int steps, const Clock& clock, Random& random) {
  const auto tell = [steps] {
    if (::write(steps, ".", 1) != 1) ::_exit(2);
  };
  tell();
  auto store = Store::open(folder, {clock, random});
  if (!store) ::_exit(3);
  for (;;) {
    const auto id = ScanId::make(clock, random);
    auto options = k_large;
    options.secret = random.token(8);
    tell();
    if (!(*store)->begin_scan_blocking({id, "https://shop.test/", clock.now()})) ::_exit(4);
    tell();
    if (!save_with_extras(**store, id, clock, options)) ::_exit(5);
  }
}

/// Starts such a child and kills it some microseconds after one of its first steps. Returns how waitpid(2) describes its end.
int kill_at_a_random_point(const fs::path& folder, SeededRandom& seed, const Clock& clock, Random& random) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    save_forever(folder, pipe[1], clock, random);
  }
  ::close(pipe[1]);
  char step = 0;
  for (auto steps = 1 + seed.next() % 9; steps > 0; --steps) EXPECT_EQ(::read(pipe[0], &step, 1), 1);
  // The end of the pipe would be the child's own death, which the caller takes for a failure.
  pollfd end{.fd = pipe[0], .events = 0, .revents = 0};
  const timespec delay{.tv_sec = 0, .tv_nsec = long(seed.next() % 15'000'000)};
  ::ppoll(&end, 1, &delay, nullptr);
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]);
  return status;
}

TEST_F(CrashTest, after_a_kill_at_any_point_the_store_opens_and_every_scan_in_it_is_whole) {
  // Goal: no half scan claims success. Method: 200 children that save are killed, each at another point; after each the store is
  // opened, every scan listed is loaded and counted, and the files are compared with what the scans name.
  const auto seed_number = std::uint64_t(::getpid());
  SeededRandom seed(seed_number);
  SCOPED_TRACE(fmt::format("seed {}", seed_number));
  std::size_t all_succeeded = 0;
  std::size_t all_interrupted = 0;
  for (int round = 0; round < 200; ++round) {
    const int status = kill_at_a_random_point(folder, seed, clock, random);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself, exit code " << WEXITSTATUS(status);
    auto store = Store::open(folder, {clock, random});
    ASSERT_TRUE(store) << store.error().describe();
    std::size_t visits = 0, succeeded = 0, interrupted = 0;
    for (const auto& listed : (*store)->list_scans_blocking({.host = {}, .limit = 10'000}).value()) {
      const auto scan = (*store)->load_scan_blocking(listed.id);
      ASSERT_TRUE(scan) << scan.error().describe();
      ASSERT_NE(listed.status, "running");
      if (listed.status == "success") {
        ASSERT_EQ(scan->states.size(), 2U);
        for (const auto& state : scan->states) {
          ASSERT_EQ(state.visits.size(), std::size_t(k_large.pages));
          for (const auto& visit : state.visits) ASSERT_EQ(visit.requests.size(), std::size_t(k_large.requests));
          visits += state.visits.size();
        }
        ASSERT_EQ((*store)->load_screenshots_blocking(listed.id)->size(), 2U * k_large.pages);
        ASSERT_EQ((*store)->load_judgements_blocking(listed.id)->size(), 1U);
        ++succeeded;
      } else {
        ASSERT_TRUE(listed.reason.starts_with("interrupted")) << listed.reason;
        ++interrupted;
      }
    }
    // Opening has swept already where a scan was interrupted; nothing else leaves files behind.
    ASSERT_EQ(count_files("visits"), visits);
    ASSERT_EQ(count_files("screenshots"), visits);
    ASSERT_EQ(count_files("judgements"), succeeded);
    // What was looked at need not be looked at again, and each round should cost the same.
    if (succeeded > 20)
      for (const auto& listed : (*store)->list_scans_blocking({.host = {}, .limit = 10'000}).value())
        ASSERT_TRUE((*store)->delete_scan_blocking(listed.id));
    all_succeeded += succeeded;
    all_interrupted += interrupted;
  }
  EXPECT_GT(all_succeeded, 0U);
  EXPECT_GT(all_interrupted, 0U);
  EXPECT_TRUE(fs::is_empty(folder / "claims")) << "what the dead left is gone";
}

/// Little room for all files of a folder together, where this process may mount; else for each of them.
bool make_small(const fs::path& folder) {
  if (::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=700k") == 0)
    return true;
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 400 * 1024, .rlim_max = 400 * 1024};
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

/// Empty when all is as it should be.
std::string save_until_full(const fs::path& folder, const Clock& clock, Random& random) {
  if (!make_small(folder)) return "the folder cannot be made small";
  auto store = Store::open(folder, {clock, random});
  if (!store) return store.error().describe();
  std::size_t kept = 0;
  Result<void> saved;
  ScanId id;
  while (saved && kept < 10'000) {
    id = ScanId::make(clock, random);
    auto options = k_large;
    options.secret = random.token(8);
    saved = (*store)->begin_scan_blocking({id, "https://shop.test/", clock.now()});
    if (saved) saved = save_with_extras(**store, id, clock, options);
    kept += saved.has_value();
  }
  if (saved) return "it was never full";
  if (saved.error().kind() != ErrorKind::exhausted) return saved.error().describe();
  std::size_t succeeded = 0;
  for (const auto& listed : (*store)->list_scans_blocking({.host = {}, .limit = 10'000}).value()) {
    if (listed.status == "running" && listed.id == id) continue;
    if (!(*store)->load_scan_blocking(listed.id)) return "a scan is half there";
    succeeded += listed.status == "success";
  }
  if (succeeded != kept) return fmt::format("{} scans were saved, {} are there", kept, succeeded);
  if (kept == 0) return "nothing was saved before it was full";
  const auto sweep = (*store)->sweep_orphans_blocking();
  if (!sweep || sweep->files_removed > 0) return "files of the scan that did not fit were left behind";
  return "";
}

TEST_F(CrashTest, a_full_disk_is_exhausted_and_keeps_every_scan_that_was_saved) {
  EXPECT_EXIT(
      {
        const auto complaint = save_until_full(folder, clock, random);
        fmt::print(stderr, "{}\n", complaint);
        ::_exit(complaint.empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gannet::store
