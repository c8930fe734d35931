// Pictures and judgements beside the records.
#include <boost/json.hpp>

#include "base/file.hpp"
#include "record/json.hpp"
#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

using StoreContentsTest = StoreFixture;

std::string text_of(const record::Judgement& judgement) { return boost::json::serialize(record::to_json(judgement)); }

TEST_P(StoreContentsTest, pictures_and_the_judgement_come_back_as_they_were_saved) {
  auto scan = make_record(make_id(), clock.now());
  const auto screenshots = add_screenshots(scan, "x");
  ASSERT_EQ(screenshots.size(), 4U);
  const auto judgement = make_judgement(clock.now());
  ASSERT_TRUE(store->save_scan_blocking(scan, {screenshots, judgement}));
  store.reset();
  store = open();
  EXPECT_EQ(store->load_screenshots_blocking(scan.id).value(), screenshots);
  const auto judgements = store->load_judgements_blocking(scan.id).value();
  ASSERT_EQ(judgements.size(), 1U);
  EXPECT_EQ(text_of(judgements[0]), text_of(judgement));
  EXPECT_EQ(store->load_scan_blocking(scan.id)->states[0].visits[0].screenshots, scan.states[0].visits[0].screenshots);
}

TEST_P(StoreContentsTest, only_pictures_that_the_record_names_are_kept) {
  auto scan = make_record(make_id(), clock.now());
  auto screenshots = add_screenshots(scan, "x");
  screenshots["of an attempt that was repeated"] = make_picture("other");
  scan.states[0].visits[0].screenshots.clear();
  ASSERT_TRUE(store->save_scan_blocking(scan, {screenshots, {}}));
  EXPECT_EQ(store->load_screenshots_blocking(scan.id)->size(), 3U);
  EXPECT_EQ(files_in("screenshots").size(), 3U);
}

TEST_P(StoreContentsTest, a_scan_without_them_has_none) {
  const auto id = save();
  EXPECT_TRUE(store->load_screenshots_blocking(id)->empty());
  EXPECT_TRUE(store->load_judgements_blocking(id)->empty());
  EXPECT_TRUE(store->load_screenshots_blocking(make_id())->empty());
}

TEST_P(StoreContentsTest, later_judgements_come_after_the_first) {
  const auto id = save_all();
  const auto later = make_judgement(clock.now() + std::chrono::hours(1), "cookie other shop.test");
  ASSERT_TRUE(store->add_judgement_blocking(id, later));
  const auto judgements = store->load_judgements_blocking(id).value();
  ASSERT_EQ(judgements.size(), 2U);
  EXPECT_EQ(judgements[0].findings[0].subject, id.to_string());
  EXPECT_EQ(text_of(judgements[1]), text_of(later));
}

TEST_P(StoreContentsTest, a_judgement_of_no_ended_scan_is_refused_and_leaves_nothing) {
  const auto unknown = store->add_judgement_blocking(make_id(), make_judgement(clock.now()));
  EXPECT_EQ(unknown.error().kind(), ErrorKind::not_found);
  const auto running = make_id();
  ASSERT_TRUE(store->begin_scan_blocking({running, "https://shop.test/", clock.now()}));
  EXPECT_EQ(store->add_judgement_blocking(running, make_judgement(clock.now())).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(files_in("judgements").empty());
}

TEST_P(StoreContentsTest, a_refused_save_leaves_no_picture_and_no_judgement) {
  const auto id = save_all();
  const auto pictures = files_in("screenshots"), judgements = files_in("judgements");
  auto scan = make_record(id, clock.now(), {.requests = 9});
  const auto screenshots = add_screenshots(scan, "again");
  EXPECT_EQ(store->save_scan_blocking(scan, {screenshots, make_judgement(clock.now(), "again")}).error().kind(),
            ErrorKind::conflict);
  EXPECT_EQ(files_in("screenshots"), pictures);
  EXPECT_EQ(files_in("judgements"), judgements);
}

TEST_P(StoreContentsTest, a_deleted_scan_takes_its_pictures_and_judgements_along) {
  const auto first = save_all(), second = save_all();
  ASSERT_TRUE(store->add_judgement_blocking(first, make_judgement(clock.now())));
  ASSERT_TRUE(store->delete_scan_blocking(first));
  EXPECT_EQ(files_in("screenshots").size(), 4U);
  EXPECT_EQ(files_in("judgements").size(), 1U);
  EXPECT_EQ(store->load_screenshots_blocking(second)->size(), 4U);
  ASSERT_TRUE(store->delete_scan_blocking(second));
  for (const char* name : {"visits", "screenshots", "judgements"}) EXPECT_TRUE(files_in(name).empty()) << name;
}

TEST_P(StoreContentsTest, a_damaged_picture_is_told) {
  const auto id = save_all();
  for (const auto& file : files_in("screenshots")) ASSERT_TRUE(write_file_atomically(file, "no picture"));
  const auto loaded = store->load_screenshots_blocking(id);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::internal);
  EXPECT_TRUE(store->load_scan_blocking(id)) << "the record is whole";
}

TEST_P(StoreContentsTest, files_that_no_row_names_are_swept_from_every_class) {
  save_all();
  for (const char* name : {"visits", "screenshots", "judgements"}) {
    fs::create_directories(folder / name / "ab" / "cd");
    ASSERT_TRUE(write_file_atomically(folder / name / "ab" / "cd" / (std::string(64, 'a') + ".zst"), "left by a killed process"));
  }
  EXPECT_EQ(store->sweep_orphans_blocking()->files_removed, 3U);
  EXPECT_EQ(store->sweep_orphans_blocking()->files_removed, 0U);
}

TEST_P(StoreContentsTest, usage_is_what_the_files_take_by_class) {
  save_all();
  const auto usage = measure_usage_blocking(folder).value();
  EXPECT_EQ(usage.visits.files, files_in("visits").size());
  EXPECT_EQ(usage.screenshots.files, 4U);
  EXPECT_EQ(usage.judgements.files, 1U);
  EXPECT_EQ(usage.claims.files, 1U) << "this process";
  std::uint64_t bytes = 0;
  for (const auto& file : files_in("screenshots")) bytes += fs::file_size(file);
  EXPECT_EQ(usage.screenshots.bytes, bytes);
  if (GetParam() == db::Dialect::sqlite) EXPECT_GT(usage.database.bytes, 4096U);
  EXPECT_EQ(measure_usage_blocking(folder / "absent")->database, StoredSize());
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreContentsTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::store
