// RecordSpace: what the record of one scan may hold in memory, over all its visits, so that many pages cannot do what one page
// may not. Equal call stacks and texts are held once and counted once. One per scan, on the loop's thread. What was taken is not
// given back: a visit that is tried again had next to nothing.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/units.hpp"
#include "record/shared.hpp"

namespace gannet::scan {

class RecordSpace {
 public:
  explicit RecordSpace(Bytes max) : max_(max) {}

  Bytes max() const { return max_; }
  /// False where there is no room.
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { taken_ -= bytes; }

  /// An equal one that is held already, else this one; nullopt where there is no room for it.
  std::optional<record::CallStack> share(record::CallStack stack);
  std::optional<record::SharedText> share(std::string_view text);

 private:
  struct StackHash {
    std::size_t operator()(const record::CallStack& stack) const;
  };

  Bytes max_;
  std::size_t taken_ = 0;
  std::unordered_set<record::CallStack, StackHash> stacks_;
  std::unordered_map<std::string_view, record::SharedText> texts_;
};

/// With what it leaves room for, gannet stays under 150 MiB whatever the pages do (tests/e2e/test_hostile.py): what is judged and
/// reported of the evidence takes as much again, and a message of the browser up to 64 MiB while it is read.
struct ScanSpace {
  RecordSpace evidence{40_MiB};
  /// Of their own: without them nothing else is less complete.
  RecordSpace headers{16_MiB};
};

}  // namespace gannet::scan
