// OpenStore: the store of a data folder, with what it asks for time and randomness. For commands that only read or tidy up what
// is kept.
#pragma once

#include <filesystem>
#include <memory>

#include "app/installation.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/store.hpp"

namespace gannet::app {

class OpenStore {
 public:
  /// Makes the data folder where it is missing.
  static Result<std::unique_ptr<OpenStore>> open(const std::filesystem::path& data_dir) {
    TRY(make_data_folder(data_dir));
    auto opened = std::make_unique<OpenStore>();
    opened->store_ = TRY(store::Store::open(data_dir, {opened->clock_, opened->random_}));
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
