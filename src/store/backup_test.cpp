#include "store/backup.hpp"

#include <atomic>
#include <thread>

#include <sys/stat.h>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "record/json.hpp"
#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

struct BackupTest : SqliteStoreFixture {
  const fs::path outside = fs::temp_directory_path() / ("gannet_backup_" + SystemRandom().token(12));
  const fs::path file = outside / "backup.tar.zst";
  const fs::path target = outside / "restored";

  BackupTest() {
    fs::create_directory(outside);
    EXPECT_TRUE(write_file_atomically(folder / k_digest_key_file, std::string(32, 'k'), 0600));
  }
  ~BackupTest() override { fs::remove_all(outside); }

  Result<BackupSummary> back_up() { return write_backup_blocking(folder, file, clock); }
  Result<BackupSummary> restore() { return restore_backup_blocking(file, target, clock); }
  std::string text_of(Store& from, ScanId id) {
    return boost::json::serialize(record::to_json(from.load_scan_blocking(id).value()));
  }
  /// Names in the folder into which was to be restored.
  std::vector<std::string> left_in_target() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(target, error)) names.push_back(entry.path().filename());
    return names;
  }
};

unsigned mode_of(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_F(BackupTest, brings_back_all_that_was_kept) {
  const auto first = save_all(), second = save_all({.url = "https://other.test/", .pages = 1});
  ASSERT_TRUE(store->add_judgement_blocking(first, make_judgement(clock.now())));
  const auto made = back_up();
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_EQ(made->scans, 2);
  EXPECT_EQ(made->visits, std::int64_t(files_in("visits").size()));
  EXPECT_EQ(made->screenshots, 6);
  EXPECT_EQ(made->judgements, 3);
  EXPECT_TRUE(made->has_digest_key);
  EXPECT_EQ(made->size_bytes, fs::file_size(file));
  EXPECT_EQ(mode_of(file), 0600U) << "it holds a secret";
  const auto restored = restore();
  ASSERT_TRUE(restored) << restored.error().describe();
  EXPECT_EQ(restored->scans, 2);
  EXPECT_EQ(restored->visits, made->visits);
  EXPECT_EQ(restored->made_at, made->made_at);
  EXPECT_EQ(read_file(target / k_digest_key_file).value(), std::string(32, 'k'));
  EXPECT_EQ(mode_of(target / k_digest_key_file), 0600U);
  EXPECT_EQ(mode_of(target), 0700U);
  const auto there = Store::open(target, {clock, random}).value();
  for (const auto& id : {first, second}) {
    EXPECT_EQ(text_of(*there, id), text_of(*store, id));
    EXPECT_EQ(there->load_screenshots_blocking(id).value(), store->load_screenshots_blocking(id).value());
    EXPECT_EQ(there->load_judgements_blocking(id)->size(), store->load_judgements_blocking(id)->size());
  }
  EXPECT_EQ(there->sweep_orphans_blocking()->files_removed, 0U);
}

TEST_F(BackupTest, leaves_no_trace_in_the_data_folder_but_an_empty_folder) {
  save_all();
  ASSERT_TRUE(back_up());
  EXPECT_TRUE(fs::is_empty(folder / ".backup"));
  EXPECT_EQ(std::distance(fs::directory_iterator(outside), {}), 1) << "the backup alone";
}

TEST_F(BackupTest, is_whole_while_others_save_and_delete) {
  // Goal: a backup made at any moment restores. Method: one thread saves and deletes without end while backups are made; each is
  // restored, and every scan in it loaded.
  for (int i = 0; i < 5; ++i) save_all();
  std::atomic<bool> is_over = false;
  std::thread busy([&] {
    const SystemClock busy_clock;
    SystemRandom busy_random;
    const auto own = Store::open(folder, {busy_clock, busy_random}).value();
    std::vector<ScanId> ids;
    while (!is_over) {
      auto scan = make_record(ScanId::make(busy_clock, busy_random), busy_clock.now(), {.secret = busy_random.token(8)});
      const auto screenshots = add_screenshots(scan, scan.id.to_string());
      EXPECT_TRUE(own->save_scan_blocking(scan, {screenshots, make_judgement(busy_clock.now(), scan.id.to_string())}));
      ids.push_back(scan.id);
      if (ids.size() % 2 == 0) EXPECT_TRUE(own->delete_scan_blocking(ids[ids.size() / 2]));
    }
  });
  for (int round = 0; round < 5; ++round) {
    fs::remove_all(file);
    fs::remove_all(target);
    const auto made = back_up();
    ASSERT_TRUE(made) << made.error().describe();
    const auto restored = restore();
    ASSERT_TRUE(restored) << restored.error().describe();
    const auto there = Store::open(target, {clock, random}).value();
    const auto scans = there->list_scans_blocking({.host = {}, .limit = 10'000}).value();
    EXPECT_EQ(std::int64_t(scans.size()), restored->scans);
    for (const auto& scan : scans) {
      EXPECT_TRUE(there->load_scan_blocking(scan.id));
      EXPECT_EQ(there->load_screenshots_blocking(scan.id)->size(), 4U);
    }
  }
  is_over = true;
  busy.join();
}

TEST_F(BackupTest, a_scan_that_runs_comes_back_as_failed) {
  const auto id = make_id();
  ASSERT_TRUE(store->begin_scan_blocking({id, "https://shop.test/", clock.now()}));
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(restore());
  const auto there = Store::open(target, {clock, random}).value();
  EXPECT_EQ(there->list_scans_blocking({})->at(0).status, "failed");
}

TEST_F(BackupTest, replaces_no_file_and_needs_something_to_back_up) {
  save_all();
  ASSERT_TRUE(write_file_atomically(file, "mine"));
  EXPECT_EQ(back_up().error().kind(), ErrorKind::conflict);
  EXPECT_EQ(read_file(file).value(), "mine");
  EXPECT_EQ(write_backup_blocking(outside / "absent", outside / "b", clock).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(write_backup_blocking(folder, outside / "no" / "folder", clock).error().kind(), ErrorKind::not_found);
}

TEST_F(BackupTest, is_not_restored_over_anything) {
  save_all();
  ASSERT_TRUE(back_up());
  for (const char* name : {"gannet.db", "digest.key", "visits", "screenshots", "judgements"}) {
    fs::remove_all(target);
    fs::create_directories(target);
    ASSERT_TRUE(write_file_atomically(target / name, "mine"));
    const auto refused = restore();
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
    EXPECT_EQ(left_in_target(), std::vector<std::string>{name});
  }
  fs::remove_all(target);
  fs::create_directories(target / "data");
  EXPECT_TRUE(restore()) << "data sets may be there";
}

TEST_F(BackupTest, a_file_that_is_cut_off_anywhere_is_refused_and_leaves_nothing) {
  save_all();
  ASSERT_TRUE(back_up());
  const auto whole = read_file(file).value();
  for (std::size_t part = 0; part < 20; ++part) {
    ASSERT_TRUE(write_file_atomically(file, whole.substr(0, whole.size() * part / 20)));
    const auto refused = restore();
    ASSERT_FALSE(refused) << part;
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid) << refused.error().describe();
    EXPECT_TRUE(left_in_target().empty());
  }
}

TEST_F(BackupTest, a_file_that_was_altered_is_refused_or_gives_back_the_same) {
  // Some bytes of an archive say nothing: padding, times. A change of any other must be found.
  const auto id = save_all();
  ASSERT_TRUE(back_up());
  const auto whole = read_file(file).value();
  const auto expected = text_of(*store, id);
  int refused = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    auto altered = whole;
    auto& byte = altered[whole.size() * i / 60];
    byte = char(byte ^ (1 << (i % 8)));
    ASSERT_TRUE(write_file_atomically(file, altered));
    fs::remove_all(target);
    const auto restored = restore();
    if (restored) {
      EXPECT_EQ(text_of(*Store::open(target, {clock, random}).value(), id), expected);
    } else {
      EXPECT_EQ(restored.error().kind(), ErrorKind::invalid) << restored.error().describe();
      EXPECT_TRUE(left_in_target().empty());
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}

TEST_F(BackupTest, other_files_are_no_backup) {
  for (const auto* content : {"", "hello", "PK\x03\x04", "{}"}) {
    ASSERT_TRUE(write_file_atomically(file, content));
    EXPECT_EQ(restore().error().kind(), ErrorKind::invalid);
  }
  EXPECT_EQ(restore_backup_blocking(outside / "absent", target, clock).error().kind(), ErrorKind::not_found);
  EXPECT_TRUE(left_in_target().empty());
}

}  // namespace
}  // namespace gannet::store
