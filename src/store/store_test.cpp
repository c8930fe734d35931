#include "store/store.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/file.hpp"
#include "db/postgres_driver.hpp"
#include "db/postgres_for_test.hpp"
#include "record/json.hpp"
#include "store/impl/scan_rows.hpp"
#include "store/store_fixture_for_test.hpp"

namespace gannet::store {
namespace {

std::string text_of(const record::ScanRecord& scan) { return boost::json::serialize(record::to_json(scan)); }

using StoreTest = StoreFixture;

TEST_P(StoreTest, a_scan_comes_back_as_it_was_saved) {
  auto scan = make_record(make_id(), clock.now());
  auto& accepted = scan.states.emplace_back();
  accepted.state = record::ConsentState::accepted;
  accepted.consent.platform = "klaro";
  ASSERT_TRUE(store->save_scan_blocking(scan));
  store.reset();
  store = open();
  const auto loaded = store->load_scan_blocking(scan.id);
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(text_of(*loaded), text_of(scan));
}

TEST_P(StoreTest, a_list_has_the_newest_first_with_what_each_one_saw) {
  const auto first = save();
  const auto second = save({.url = "https://Other.test:8443/", .pages = 1, .requests = 5});
  const auto scans = store->list_scans_blocking({}).value();
  ASSERT_EQ(scans.size(), 2U);
  EXPECT_EQ(scans[0].id, second);
  EXPECT_EQ(scans[0].host, "other.test");
  EXPECT_EQ(scans[0].status, "success");
  EXPECT_EQ(scans[0].visit_count, 2);
  EXPECT_EQ(scans[0].request_count, 10);
  EXPECT_EQ(scans[0].cookie_count, 1) << "the same cookie in both states";
  EXPECT_GT(scans[0].stored_bytes, 0);
  EXPECT_EQ(scans[0].ended_at, scans[0].started_at + std::chrono::seconds(30));
  EXPECT_EQ(scans[1].id, first);
  const auto of_host = store->list_scans_blocking({.host = "SHOP.test"}).value();
  ASSERT_EQ(of_host.size(), 1U);
  EXPECT_EQ(of_host[0].id, first);
  EXPECT_EQ(store->list_scans_blocking({.host = {}, .limit = 1}).value().size(), 1U);
}

TEST_P(StoreTest, a_running_scan_is_listed_but_has_no_record_until_it_is_saved) {
  const auto id = make_id();
  ASSERT_TRUE(store->begin_scan_blocking({id, "https://shop.test/", clock.now()}));
  EXPECT_EQ(store->list_scans_blocking({}).value().at(0).status, "running");
  EXPECT_EQ(store->load_scan_blocking(id).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(store->delete_scan_blocking(id).error().kind(), ErrorKind::conflict);
  ASSERT_TRUE(store->save_scan_blocking(make_record(id, clock.now())));
  EXPECT_EQ(store->list_scans_blocking({}).value().at(0).status, "success");
  EXPECT_TRUE(store->load_scan_blocking(id));
}

TEST_P(StoreTest, a_scan_ends_once) {
  const auto id = save();
  const auto before = text_of(store->load_scan_blocking(id).value());
  const auto files = files_in("visits").size();
  const auto again = store->save_scan_blocking(make_record(id, clock.now(), {.requests = 9}));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(text_of(store->load_scan_blocking(id).value()), before);
  EXPECT_EQ(files_in("visits").size(), files) << "the visits of the refused one are gone";
  EXPECT_EQ(store->begin_scan_blocking({id, "https://shop.test/", clock.now()}).error().kind(), ErrorKind::conflict);
}

TEST_P(StoreTest, one_process_does_not_end_the_scan_of_another) {
  const auto other = open();
  const auto id = make_id();
  ASSERT_TRUE(other->begin_scan_blocking({id, "https://shop.test/", clock.now()}));
  store.reset();
  store = open();
  EXPECT_EQ(store->list_scans_blocking({}).value().at(0).status, "running") << "its process is alive";
  EXPECT_EQ(store->save_scan_blocking(make_record(id, clock.now())).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(other->save_scan_blocking(make_record(id, clock.now())));
}

TEST_P(StoreTest, a_scan_whose_process_is_gone_becomes_failed) {
  const auto id = make_id();
  ASSERT_TRUE(store->begin_scan_blocking({id, "https://shop.test/", clock.now()}));
  store.reset();
  clock.advance(std::chrono::minutes(5));
  store = open();
  // There, what runs is known by the leases of jobs.
  if (GetParam() == db::Dialect::postgres)
    ASSERT_TRUE(store->fail_scan_blocking(id, "interrupted: the process that ran it is gone"));
  EXPECT_EQ(store->fail_scan_blocking(id, "again").error().kind(), ErrorKind::conflict);
  const auto listed = store->list_scans_blocking({}).value().at(0);
  EXPECT_EQ(listed.status, "failed");
  EXPECT_EQ(listed.reason, "interrupted: the process that ran it is gone");
  EXPECT_EQ(listed.ended_at, clock.now());
  const auto loaded = store->load_scan_blocking(id);
  ASSERT_TRUE(loaded) << loaded.error().describe();
  EXPECT_EQ(loaded->status, record::ScanStatus::failed);
  EXPECT_EQ(loaded->url, "https://shop.test/");
  EXPECT_TRUE(loaded->states.empty());
}

TEST_P(StoreTest, a_deleted_scan_takes_its_files_along_but_not_those_of_others) {
  const auto first = save();
  const auto files_of_first = files_in("visits").size();
  const auto same_content = save();
  const auto different = save({.requests = 8});
  EXPECT_EQ(files_in("visits").size(), 2 * files_of_first) << "equal visits share a file";
  ASSERT_TRUE(store->delete_scan_blocking(different));
  EXPECT_EQ(files_in("visits").size(), files_of_first);
  ASSERT_TRUE(store->delete_scan_blocking(first));
  EXPECT_TRUE(store->load_scan_blocking(same_content));
  ASSERT_TRUE(store->delete_scan_blocking(same_content));
  EXPECT_TRUE(files_in("visits").empty());
  EXPECT_EQ(store->delete_scan_blocking(first).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(store->load_scan_blocking(first).error().kind(), ErrorKind::not_found);
}

TEST_P(StoreTest, a_scan_is_found_by_a_part_of_its_id_that_is_long_enough_and_its_own) {
  const auto id = save().to_string();
  const auto upper = [](std::string text) {
    for (char& c : text) c = char(std::toupper(c));
    return text;
  };
  EXPECT_EQ(store->find_scan_blocking(id).value().to_string(), id);
  EXPECT_EQ(store->find_scan_blocking(id.substr(0, 8)).value().to_string(), id);
  EXPECT_EQ(store->find_scan_blocking(upper(id.substr(0, 20))).value().to_string(), id);
  EXPECT_EQ(store->find_scan_blocking(id.substr(0, 7)).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(store->find_scan_blocking("' OR 1=1 --").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(store->find_scan_blocking("00000000").error().kind(), ErrorKind::not_found);
  EXPECT_EQ(store->find_scan_blocking(id + "0").error().kind(), ErrorKind::not_found);
  save();
  EXPECT_EQ(store->find_scan_blocking(id.substr(0, 8)).error().kind(), ErrorKind::conflict) << "made within the same minute";
  EXPECT_EQ(store->find_scan_blocking(id).value().to_string(), id);
}

TEST_P(StoreTest, damage_to_a_visit_is_told_and_harms_no_other_scan) {
  const auto whole = save({.secret = "one"});
  const auto files = files_in("visits");
  const auto damaged = save({.secret = "two"});
  for (const auto& file : files_in("visits")) {
    if (std::ranges::find(files, file) != files.end()) continue;
    auto bytes = read_file(file).value();
    bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 0x10);
    ASSERT_TRUE(write_file_atomically(file, bytes));
  }
  const auto loaded = store->load_scan_blocking(damaged);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::internal);
  EXPECT_NE(loaded.error().describe().find(damaged.to_string()), std::string::npos) << loaded.error().describe();
  EXPECT_TRUE(store->load_scan_blocking(whole));
}

TEST_P(StoreTest, a_coroutine_saves_without_holding_its_thread) {
  boost::asio::io_context context(1);
  const auto scan = make_record(make_id(), clock.now());
  const auto saved = aio::run(context, [](Store& kept, record::ScanRecord record) -> aio::Task<Result<void>> {
    co_return co_await kept.run(aio::Scope::background().within(std::chrono::seconds(10)),
                                [record](Store& s) { return s.save_scan_blocking(record); });
  }(*store, scan));
  EXPECT_TRUE(saved);
  EXPECT_TRUE(store->load_scan_blocking(scan.id));
}

TEST_P(StoreTest, planted_secrets_are_in_no_file_of_the_data_folder) {
  const std::string secret = "Planted-Secret-8fK2xQ";
  const auto id = make_id();
  const auto scan =
      make_record(id, clock.now(), {.url = "https://user:" + secret + "@shop.test/start?q=" + secret, .secret = secret});
  ASSERT_TRUE(store->begin_scan_blocking({id, scan.url, clock.now()}));
  ASSERT_TRUE(store->save_scan_blocking(scan));
  const auto blobs = db::BlobStore::open(folder / "visits").value();
  std::set<std::string> seen;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().filename().string();
    seen.insert(name.substr(0, 9) == "gannet.db" ? name : entry.path().extension().string());
    const auto bytes = name.ends_with(".zst") ? blobs.get(entry.path().stem().string()).value() : read_file(entry.path()).value();
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find("8fK2xQ"), std::string::npos) << entry.path();
    if (name.ends_with(".zst")) EXPECT_NE(bytes.find("shop.test"), std::string::npos) << "what was looked through is the visit";
  }
  EXPECT_TRUE(seen.contains(".zst"));
  if (GetParam() == db::Dialect::sqlite) EXPECT_TRUE(seen.contains("gannet.db") && seen.contains("gannet.db-wal"));
}

TEST(StoreMigrations, are_the_same_whether_psql_or_the_program_applies_them) {
  const SystemClock clock;
  const auto url = db::PostgresForTest::shared().create_database();
  const fs::path files = fs::path(GANNET_SOURCE_DIR) / "database" / "migrations";
  // The second first, as somebody does who needs just that; it refers to the first.
  EXPECT_FALSE(db::PostgresForTest::run_psql(url, files / "002_contents.sql"));
  EXPECT_TRUE(db::PostgresForTest::run_psql(url, files / "001_scans.sql"));
  EXPECT_FALSE(db::PostgresForTest::run_psql(url, files / "001_scans.sql")) << "twice";
  EXPECT_TRUE(db::PostgresForTest::run_psql(url, files / "003_seals.sql"));
  const auto database = db::Database::open(db::make_postgres_driver(url).value()).value();
  const auto migrated = database->migrate_blocking(migrations());
  EXPECT_TRUE(migrated) << migrated.error().describe();
  for (const auto& state : db::list_migrations(*database, migrations()).value()) EXPECT_TRUE(state.applied_at) << state.name;
}

TEST(HostOf, is_the_host_alone) {
  EXPECT_EQ(impl::host_of("https://Shop.test"), "shop.test");
  EXPECT_EQ(impl::host_of("https://shop.test:8443/a?b:c@d"), "shop.test");
  EXPECT_EQ(impl::host_of("http://user:<8>@shop.test/"), "shop.test");
  EXPECT_EQ(impl::host_of("http://[2001:db8::1]:80/"), "[2001:db8::1]");
  EXPECT_EQ(impl::host_of("about:blank"), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::store
