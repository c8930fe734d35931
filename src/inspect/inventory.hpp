// The inventory of a scan: each cookie and storage entry once, over all states. What a cookie policy lists. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "inspect/inspection.hpp"

namespace gannet::inspect {

/// Paths and partitions are not told apart: a policy has one line for both.
struct InventoryItem {
  /// Absent for a cookie.
  std::optional<record::StorageArea> area;
  std::string name;
  /// A cookie's domain, the origin of a storage entry.
  std::string domain;
  Party party = Party::first;
  Categorisation categorisation;
  Owner owner;
  /// As declared by the site, and as the browser keeps it; absent for session cookies and for storage.
  std::optional<std::int64_t> declared_lifetime_seconds;
  std::optional<std::int64_t> lifetime_seconds;
  std::set<record::ConsentState> states;
};

/// Cookies by name and domain, then storage by name and origin. The first state that has an item says what it is; the longest
/// lifetime counts.
std::vector<InventoryItem> make_inventory(const Inspection& inspection);

}  // namespace gannet::inspect
