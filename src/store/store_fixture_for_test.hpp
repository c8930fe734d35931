// A store in a folder of its own with a manual clock, on any engine. Test only.
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "store/migrations.hpp"
#include "store/records_for_test.hpp"
#include "store/store.hpp"

namespace gannet::store {

namespace fs = std::filesystem;

struct StoreOfTest {
  ManualClock clock{parse_instant("2026-11-21T12:00:00Z").value()};
  SeededRandom random{7};
  db::DatabaseForTest data;
  const fs::path& folder = data.folder();
  std::unique_ptr<Store> store;

  explicit StoreOfTest(db::EngineForTest engine) : data(engine, clock) { store = open(); }

  std::unique_ptr<Store> open(const evidence::Signer* signer = nullptr) {
    std::shared_ptr<db::Database> database = data.open();
    database->migrate_blocking(migrations()).value();
    return Store::open(folder, {clock, random, signer}, std::move(database)).value();
  }
  ScanId make_id() {
    clock.advance(Duration(1000));
    return ScanId::make(clock, random);
  }
  ScanId save(const RecordOptions& options = {}) {
    const auto scan = make_record(make_id(), clock.now(), options);
    EXPECT_TRUE(store->save_scan_blocking(scan));
    return scan.id;
  }
  /// With pictures and a judgement of its own.
  ScanId save_all(const RecordOptions& options = {}) {
    auto scan = make_record(make_id(), clock.now(), options);
    const auto screenshots = add_screenshots(scan, scan.id.to_string());
    EXPECT_TRUE(store->save_scan_blocking(scan, {screenshots, make_judgement(clock.now(), scan.id.to_string())}));
    return scan.id;
  }
  std::vector<fs::path> files_in(const char* name) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder / name))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }
};

/// What holds for SQLite only.
struct SqliteStoreFixture : testing::Test, StoreOfTest {
  SqliteStoreFixture() : StoreOfTest(db::Dialect::sqlite) {}
};

/// What holds for every engine.
struct StoreFixture : testing::TestWithParam<db::EngineForTest>, StoreOfTest {
  StoreFixture() : StoreOfTest(GetParam()) {}
};

}  // namespace gannet::store
