// How long scans are kept, and what a pruning took away.
#pragma once

#include <chrono>

#include "store/contents.hpp"

namespace gannet::store {

struct Retention {
  /// Of a scan with its visits and judgements. However old, the first, the last and the last successful scan of each host stay:
  /// they are what a new one is compared with.
  std::chrono::days scans{90};
  /// Of the pictures alone; also of those scans that stay.
  std::chrono::days screenshots{30};
};

enum class PruneMode {
  apply,
  dry_run,  // Says what would go, and removes nothing.
};

struct Pruned {
  std::uint64_t scans = 0;
  /// Files that nobody else names any more.
  StoredSize visits;
  StoredSize screenshots;
  StoredSize judgements;
};

}  // namespace gannet::store
