// OpenStore: the store of an installation, with what it asks for time and randomness. For commands that only read or tidy up what
// is kept.
#pragma once

#include <memory>

#include "app/installation.hpp"
#include "app/installation_database.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/store.hpp"

namespace gannet::app {

class OpenStore {
 public:
  /// Makes the data folder where it is missing.
  static Result<std::unique_ptr<OpenStore>> open(const CommonArguments& common) {
    TRY(make_data_folder(common.data_dir));
    auto opened = std::make_unique<OpenStore>();
    auto database = TRY(open_database(common, opened->clock_));
    opened->store_ = TRY(store::Store::open(common.data_dir, {opened->clock_, opened->random_}, std::move(database)));
    return opened;
  }
  store::Store* operator->() { return store_.get(); }
  store::Store& operator*() { return *store_; }

 private:
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace gannet::app
