#include <algorithm>

#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

using namespace std::chrono_literals;

struct PruneTest : StoreFixture {
  /// Begun so many days before the end of the test.
  ScanId save_at(int days_ago, const std::string& host = "shop.test", record::ScanStatus status = record::ScanStatus::success) {
    const auto at = clock.now() - std::chrono::days(days_ago);
    auto scan = make_record(make_id(), at, {.url = "https://" + host + "/", .secret = fmt::format("{} {}", host, days_ago)});
    scan.status = status;
    const auto screenshots = add_screenshots(scan, scan.id.to_string());
    EXPECT_TRUE(store->save_scan_blocking(scan, {screenshots, make_judgement(at, scan.id.to_string())}));
    return scan.id;
  }
  std::vector<ScanId> kept() {
    std::vector<ScanId> ids;
    for (const auto& scan : store->list_scans_blocking({}).value()) ids.push_back(scan.id);
    std::ranges::sort(ids);
    return ids;
  }
  Usage usage() { return measure_usage_blocking(folder).value(); }
};

TEST_P(PruneTest, removes_what_is_too_old_but_the_first_the_last_and_the_last_successful_scan_of_each_host) {
  const auto first = save_at(300);
  save_at(250);
  const auto last_successful = save_at(200);
  save_at(150, "shop.test", record::ScanStatus::partial);
  const auto last = save_at(120, "shop.test", record::ScanStatus::failed);
  const auto only_one_of_its_host = save_at(400, "other.test");
  const auto pruned = store->prune_blocking({}, PruneMode::apply).value();
  EXPECT_EQ(pruned.scans, 2U);
  EXPECT_EQ(pruned.visits.files, 8U);
  EXPECT_EQ(kept(), (std::vector{first, last_successful, last, only_one_of_its_host}));
  for (const auto& id : kept()) EXPECT_TRUE(store->load_scan_blocking(id));
}

TEST_P(PruneTest, what_is_young_enough_stays) {
  for (const int days_ago : {89, 80, 70, 60}) save_at(days_ago);
  const auto pruned = store->prune_blocking({}, PruneMode::apply).value();
  EXPECT_EQ(pruned.scans, 0U);
  EXPECT_EQ(kept().size(), 4U);
}

TEST_P(PruneTest, pictures_go_earlier_also_those_of_scans_that_stay) {
  const auto old = save_at(31), young = save_at(29);
  const auto pruned = store->prune_blocking({}, PruneMode::apply).value();
  EXPECT_EQ(pruned.scans, 0U);
  EXPECT_EQ(pruned.screenshots.files, 4U);
  EXPECT_TRUE(store->load_screenshots_blocking(old)->empty());
  EXPECT_EQ(store->load_screenshots_blocking(young)->size(), 4U);
  EXPECT_FALSE(store->load_scan_blocking(old)->states[0].visits[0].screenshots.empty()) << "the record says what there was";
}

TEST_P(PruneTest, frees_what_it_says) {
  for (const int days_ago : {300, 250, 200, 150, 100, 50}) save_at(days_ago);
  const auto before = usage();
  const auto planned = store->prune_blocking({}, PruneMode::dry_run).value();
  EXPECT_EQ(usage().visits, before.visits) << "a dry run removes nothing";
  EXPECT_EQ(kept().size(), 6U);
  const auto pruned = store->prune_blocking({}, PruneMode::apply).value();
  const auto after = usage();
  EXPECT_EQ(pruned.scans, 4U);
  EXPECT_EQ(planned.visits, pruned.visits);
  EXPECT_EQ(planned.screenshots, pruned.screenshots);
  const auto difference = [](const StoredSize& from, const StoredSize& to) {
    return StoredSize{from.files - to.files, from.bytes - to.bytes};
  };
  EXPECT_EQ(difference(before.visits, after.visits), pruned.visits);
  EXPECT_EQ(difference(before.screenshots, after.screenshots), pruned.screenshots);
  EXPECT_EQ(difference(before.judgements, after.judgements), pruned.judgements);
  EXPECT_EQ(store->prune_blocking({}, PruneMode::apply)->scans, 0U);
}

TEST_P(PruneTest, a_content_that_a_younger_scan_shares_stays) {
  const auto content = RecordOptions{.secret = "the same"};
  const auto first = make_record(make_id(), clock.now() - 24h * 300, content);
  const auto second = make_record(make_id(), clock.now() - 24h * 200, content);
  const auto third = make_record(make_id(), clock.now() - 24h * 1, content);
  for (const auto* scan : {&first, &second, &third}) ASSERT_TRUE(store->save_scan_blocking(*scan));
  const auto pruned = store->prune_blocking({}, PruneMode::apply).value();
  EXPECT_EQ(pruned.scans, 1U);
  EXPECT_EQ(pruned.visits, StoredSize());
  EXPECT_TRUE(store->load_scan_blocking(third.id));
}

TEST_P(PruneTest, a_running_scan_is_left_alone) {
  const auto running = make_id();
  ASSERT_TRUE(store->begin_scan_blocking({running, "https://shop.test/", clock.now() - 24h * 200}));
  save_at(300);
  save_at(100);
  EXPECT_EQ(store->prune_blocking({.scans = std::chrono::days(1), .screenshots = std::chrono::days(1)}, PruneMode::apply)->scans,
            0U);
  EXPECT_EQ(kept().size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Engines, PruneTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::store
