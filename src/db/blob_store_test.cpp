#include "db/blob_store.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::db {
namespace {

namespace fs = std::filesystem;

struct BlobStoreTest : testing::Test {
  TemporaryFolder folder;
  const fs::path root = folder.path() / "visits";
  BlobStore blobs = BlobStore::open(root).value();

  BlobStore::Stored put(std::string_view content) { return blobs.put(blobs.hold_blocking().value(), content).value(); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(root))
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }
  static BlobStore::InUse only(std::set<std::string> used) {
    return [used = std::move(used)](std::string_view prefix) -> Result<std::set<std::string>> {
      std::set<std::string> matching;
      for (const auto& sha256 : used)
        if (sha256.starts_with(prefix)) matching.insert(sha256);
      return matching;
    };
  }
};

TEST_F(BlobStoreTest, content_comes_back_as_it_went) {
  for (const auto& content : {std::string(), std::string("x"), std::string(1'000'000, 'y'), std::string("\0\xff\n", 3)}) {
    const auto stored = put(content);
    EXPECT_EQ(stored.sha256, sha256_hex(content));
    EXPECT_EQ(stored.size_bytes, content.size());
    EXPECT_EQ(blobs.get(stored.sha256), content);
  }
}

TEST_F(BlobStoreTest, equal_content_is_one_file_under_its_hash) {
  const auto first = put(std::string(1000, 'z'));
  const auto second = put(std::string(1000, 'z'));
  EXPECT_EQ(first.stored_bytes, second.stored_bytes);
  EXPECT_LT(first.stored_bytes, 100U) << "compressed";
  ASSERT_EQ(files().size(), 1U);
  const auto& sha256 = first.sha256;
  EXPECT_EQ(files().front(), root / sha256.substr(0, 2) / sha256.substr(2, 2) / (sha256 + ".zst"));
}

TEST_F(BlobStoreTest, damage_is_noticed_and_mended_by_storing_again) {
  const auto stored = put(std::string(1000, 'z') + "the end");
  const auto path = files().front();
  const auto whole = read_file(path).value();
  auto other = BlobStore::open(folder.path() / "other").value();
  const auto of_other = other.put(other.hold_blocking().value(), "another content").value();
  const auto foreign = read_file(folder.path() / "other" / of_other.sha256.substr(0, 2) / of_other.sha256.substr(2, 2) /
                                 (of_other.sha256 + ".zst"))
                           .value();
  auto flipped = whole;
  flipped[flipped.size() / 2] = char(flipped[flipped.size() / 2] ^ 1);
  for (const auto& damaged : {std::string(), whole.substr(0, whole.size() - 1), flipped, foreign, std::string(100, '\xff')}) {
    ASSERT_TRUE(write_file_atomically(path, damaged));
    const auto got = blobs.get(stored.sha256);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind(), ErrorKind::internal);
    EXPECT_NE(got.error().describe().find(path.string()), std::string::npos) << got.error().describe();
  }
  put(std::string(1000, 'z') + "the end");
  EXPECT_TRUE(blobs.get(stored.sha256));
}

TEST_F(BlobStoreTest, a_file_that_claims_to_be_huge_is_not_unpacked) {
  const auto stored = put("small");
  // A frame header (RFC 8878 §3.1.1.1) with an eight-byte content size of 2^60.
  ASSERT_TRUE(write_file_atomically(files().front(), std::string("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x10\x01\0\0", 16)));
  EXPECT_EQ(blobs.get(stored.sha256).error().kind(), ErrorKind::internal);
}

TEST_F(BlobStoreTest, what_is_missing_too_large_or_misnamed_is_an_error_of_its_kind) {
  EXPECT_EQ(blobs.get(sha256_hex("never stored")).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(blobs.get("../../../etc/passwd").error().kind(), ErrorKind::internal);
  const std::string huge(BlobStore::k_content_max.count + 1, 'x');
  EXPECT_EQ(blobs.put(blobs.hold_blocking().value(), huge).error().kind(), ErrorKind::exhausted);
}

TEST_F(BlobStoreTest, a_sweep_leaves_what_is_in_use_and_nothing_else) {
  const auto used = put("used");
  put("orphan");
  ASSERT_TRUE(write_file_atomically(files().front().string() + ".tmpkilled", "half"));
  const auto sweep = blobs.sweep(only({used.sha256})).value();
  EXPECT_EQ(sweep.files_removed, 2U);
  EXPECT_GT(sweep.bytes_removed, 0U);
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(blobs.get(used.sha256), "used");
  EXPECT_EQ(std::distance(fs::directory_iterator(root), fs::directory_iterator()), 1) << "empty folders are gone";
}

TEST_F(BlobStoreTest, nothing_is_swept_while_somebody_stores) {
  const auto hold = blobs.hold_blocking().value();
  const auto stored = blobs.put(hold, "its row is not committed yet").value();
  const auto sweep = blobs.sweep(only({})).value();
  EXPECT_EQ(sweep.files_removed, 0U);
  EXPECT_EQ(sweep.folders_skipped, 1);
  EXPECT_TRUE(blobs.get(stored.sha256));
}

TEST_F(BlobStoreTest, removing_spares_what_another_scan_uses) {
  const auto used = put("used");
  const auto unused = put("unused");
  EXPECT_TRUE(blobs.remove_unused_blocking({used.sha256, unused.sha256}, only({used.sha256})));
  EXPECT_TRUE(blobs.get(used.sha256));
  EXPECT_FALSE(blobs.get(unused.sha256));
}

}  // namespace
}  // namespace gannet::db
