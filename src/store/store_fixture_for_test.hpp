// A store in a folder of its own with a manual clock. Test only.
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "store/records_for_test.hpp"
#include "store/store.hpp"

namespace gannet::store {

namespace fs = std::filesystem;

struct StoreFixture : testing::Test {
  const fs::path folder = fs::temp_directory_path() / ("gannet_store_" + SystemRandom().token(12));
  ManualClock clock{parse_instant("2026-11-21T12:00:00Z").value()};
  SeededRandom random{7};
  std::unique_ptr<Store> store;

  StoreFixture() {
    fs::create_directory(folder);
    store = open();
  }
  ~StoreFixture() override {
    store.reset();
    fs::remove_all(folder);
  }
  std::unique_ptr<Store> open() { return Store::open(folder, {clock, random}).value(); }
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

}  // namespace gannet::store
