#include "app/installation.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace gannet::app {
namespace {

struct InstallationTest : testing::Test {
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "installation-test.XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(path.data()));
    folder = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  std::filesystem::path folder;
};

TEST_F(InstallationTest, the_first_use_makes_a_folder_and_a_key_for_the_owner_alone) {
  const auto data = folder / "new" / "data";
  const auto key = load_digest_key(data);
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_EQ(key->size(), 32U);
  EXPECT_EQ(mode_of(data), 0700U);
  EXPECT_EQ(mode_of(data / "digest.key"), 0600U);
}

TEST_F(InstallationTest, the_key_stays_the_same_and_differs_between_installations) {
  const auto first = load_digest_key(folder / "a");
  ASSERT_TRUE(first);
  EXPECT_EQ(*load_digest_key(folder / "a"), *first);
  EXPECT_NE(*load_digest_key(folder / "b"), *first);
}

TEST_F(InstallationTest, a_folder_that_is_there_keeps_its_mode) {
  ::chmod(folder.c_str(), 0750);
  ASSERT_TRUE(load_digest_key(folder));
  EXPECT_EQ(mode_of(folder), 0750U);
}

TEST_F(InstallationTest, a_key_of_another_size_is_refused_and_left_alone) {
  for (const auto& content : {std::string(), std::string(31, 'k'), std::string(33, 'k'), std::string(10'000, 'k')}) {
    ASSERT_TRUE(write_file_atomically(folder / "digest.key", content));
    const auto key = load_digest_key(folder);
    ASSERT_FALSE(key) << content.size();
    EXPECT_NE(key.error().describe().find((folder / "digest.key").string()), std::string::npos) << key.error().describe();
    EXPECT_EQ(read_file(folder / "digest.key")->size(), content.size());
  }
}

TEST_F(InstallationTest, a_folder_that_cannot_be_made_is_named) {
  ASSERT_TRUE(write_file_atomically(folder / "file", "in the way"));
  const auto key = load_digest_key(folder / "file" / "data");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind(), ErrorKind::denied);
  EXPECT_NE(key.error().describe().find((folder / "file" / "data").string()), std::string::npos) << key.error().describe();
}

TEST_F(InstallationTest, a_key_that_cannot_be_read_is_not_replaced) {
  std::filesystem::create_directory(folder / "digest.key");
  const auto key = load_digest_key(folder);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().describe().find("digest.key"), std::string::npos) << key.error().describe();
  EXPECT_TRUE(std::filesystem::is_directory(folder / "digest.key"));
}

TEST_F(InstallationTest, a_folder_that_even_root_cannot_make_is_named) {
  // Nobody makes folders in /proc, root included.
  const auto key = load_digest_key("/proc/gannet");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind(), ErrorKind::denied);
  EXPECT_NE(key.error().describe().find("/proc/gannet"), std::string::npos) << key.error().describe();
}

}  // namespace
}  // namespace gannet::app
