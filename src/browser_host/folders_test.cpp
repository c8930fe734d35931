#include "browser_host/impl/folders.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "browser_host/impl/test_folder.hpp"

namespace gannet::browser_host {
namespace {

namespace fs = std::filesystem;

struct FoldersTest : testing::Test {
  TestFolder outer;
  Fd outer_fd{::open(outer.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

  BaseFolder make_base() {
    auto base = BaseFolder::make(outer.path().string());
    EXPECT_TRUE(base) << (base ? "" : base.error().describe());
    return std::move(*base);
  }
};

TEST_F(FoldersTest, a_browsers_files_lie_in_its_private_user_data_folder) {
  auto base = make_base();
  SpawnOptions options;
  options.files = {{"Default/Preferences", "{\"a\":1}"}, {"Local State", "{}"}};
  options.ca_certificates = {"pem"};
  const auto folder = base.add_browser(BrowserId{1}, options);
  ASSERT_TRUE(folder) << folder.error().describe();
  EXPECT_EQ(read_file(folder->user_data() + "/Default/Preferences").value(), "{\"a\":1}");
  EXPECT_EQ(read_file(folder->user_data() + "/Local State").value(), "{}");
  EXPECT_EQ(read_file(folder->ca_certificate(0)).value(), "pem");
  for (const auto& path : {base.path(), folder->root, folder->home(), folder->user_data(), folder->runtime()})
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
  ASSERT_TRUE(base.remove_browser(BrowserId{1}));
  EXPECT_FALSE(fs::exists(folder->root));
}

TEST_F(FoldersTest, a_file_that_would_escape_is_refused_and_leaves_nothing) {
  auto base = make_base();
  for (const auto& path :
       std::vector<std::string>{"../x", "a/../../x", "/etc/x", "", "a//b", "./a", "a/", "..", std::string("a\0b", 3)}) {
    SpawnOptions options;
    options.files = {{"good", ""}, {path, "content"}};
    const auto folder = base.add_browser(BrowserId{1}, options);
    ASSERT_FALSE(folder) << path;
    EXPECT_EQ(folder.error().kind(), ErrorKind::invalid) << path;
    EXPECT_FALSE(fs::exists(base.path() + "/b1")) << path;
  }
}

TEST_F(FoldersTest, removal_unlinks_links_and_never_follows_them) {
  const auto victim = outer.path() / "victim";
  fs::create_directory(victim);
  std::ofstream(victim / "kept") << "content";
  const auto tree = outer.path() / "tree";
  fs::create_directories(tree / "inner");
  fs::create_directory_symlink(victim, tree / "to-folder");
  fs::create_directory_symlink("/etc", tree / "inner" / "to-etc");
  fs::create_symlink(victim / "kept", tree / "to-file");
  fs::create_symlink("nowhere", tree / "dangling");
  ASSERT_EQ(::mkfifo((tree / "fifo").c_str(), 0600), 0);
  ASSERT_TRUE(remove_tree(outer_fd.get(), "tree"));
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_EQ(read_file(victim / "kept").value(), "content");
  EXPECT_TRUE(fs::exists("/etc/passwd"));
  // A link in the place of the tree itself is removed, not what it names.
  fs::create_directory_symlink(victim, tree);
  ASSERT_TRUE(remove_tree(outer_fd.get(), "tree"));
  EXPECT_FALSE(fs::is_symlink(tree));
  EXPECT_TRUE(fs::exists(victim / "kept"));
}

TEST_F(FoldersTest, removal_copes_with_closed_folders_and_any_depth) {
  const auto tree = outer.path() / "tree";
  fs::create_directories(tree / "closed" / "inner");
  std::ofstream(tree / "closed" / "inner" / "file") << "x";
  fs::permissions(tree / "closed" / "inner", fs::perms::none);
  fs::permissions(tree / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  // Deeper than a path may be long (PATH_MAX) and than there are descriptors, with a name in the way of the moves.
  fs::create_directory(tree / "moved-1");
  const std::string name(20, 'd');
  Fd inner(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 300; ++depth) {
    ASSERT_EQ(::mkdirat(inner.get(), name.c_str(), 0700), 0);
    inner.reset(::openat(inner.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  inner.reset();
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit few{100, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto removed = remove_tree(outer_fd.get(), "tree");
  ::setrlimit(RLIMIT_NOFILE, &usual);
  EXPECT_TRUE(removed) << removed.error().describe();
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_TRUE(remove_tree(outer_fd.get(), "tree")) << "already gone is fine";
}

TEST_F(FoldersTest, the_sweep_takes_folders_of_dead_hosts_only) {
  auto living = make_base();
  const auto stale = outer.path() / "gannet-browser.stale1";
  fs::create_directories(stale / "b1" / "data");
  std::ofstream(stale / "lock") << "";
  const auto being_made = outer.path() / "gannet-browser.young1";
  fs::create_directory(being_made);
  const auto unlocked_old = outer.path() / "gannet-browser.old111";
  fs::create_directory(unlocked_old);
  fs::last_write_time(unlocked_old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto foreign = outer.path() / "something-else";
  fs::create_directory(foreign);
  const auto link = outer.path() / "gannet-browser.link11";
  fs::create_directory_symlink(foreign, link);

  EXPECT_EQ(sweep_stale_folders(outer.path().string()), 2U);
  EXPECT_TRUE(fs::exists(living.path()));
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_TRUE(fs::exists(being_made)) << "its host is between mkdtemp and flock";
  EXPECT_FALSE(fs::exists(unlocked_old));
  EXPECT_TRUE(fs::exists(foreign));
  EXPECT_TRUE(fs::is_symlink(link));

  ASSERT_TRUE(living.remove());
  EXPECT_FALSE(fs::exists(living.path()));
}

TEST_F(FoldersTest, the_sweep_leaves_other_users_folders_alone) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";  // style: allow skipped-test, because only root makes folders of others, and CI is root
  const auto other = outer.path() / "gannet-browser.other1";
  fs::create_directory(other);
  std::ofstream(other / "lock") << "";
  ASSERT_EQ(::chown(other.c_str(), 12345, 12345), 0);
  EXPECT_EQ(sweep_stale_folders(outer.path().string()), 0U);
  EXPECT_TRUE(fs::exists(other));
}

}  // namespace
}  // namespace gannet::browser_host
