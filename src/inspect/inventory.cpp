#include "inspect/inventory.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace gannet::inspect {
namespace {

using Key = std::tuple<std::optional<record::StorageArea>, std::string, std::string>;

InventoryItem item_of(const CookieVerdict& cookie) {
  return {.area = {},
          .name = cookie.cookie.key.name,
          .domain = cookie.cookie.key.domain,
          .party = cookie.party,
          .categorisation = cookie.categorisation,
          .owner = cookie.owner,
          .declared_lifetime_seconds = cookie.declared_lifetime_seconds,
          .lifetime_seconds = cookie.lifetime_seconds,
          .states = {}};
}

InventoryItem item_of(const StorageVerdict& storage) {
  return {.area = storage.entry.area,
          .name = storage.entry.key,
          .domain = storage.entry.origin,
          .party = storage.party,
          .categorisation = storage.categorisation,
          .owner = storage.owner,
          .declared_lifetime_seconds = {},
          .lifetime_seconds = {},
          .states = {}};
}

}  // namespace

std::vector<InventoryItem> make_inventory(const Inspection& inspection) {
  std::map<Key, InventoryItem> items;
  const auto add = [&items](InventoryItem item, record::ConsentState state) {
    auto& kept = items.try_emplace({item.area, item.name, item.domain}, item).first->second;
    kept.states.insert(state);
    // An absent lifetime, of a session cookie, compares as the shortest.
    kept.declared_lifetime_seconds = std::max(kept.declared_lifetime_seconds, item.declared_lifetime_seconds);
    kept.lifetime_seconds = std::max(kept.lifetime_seconds, item.lifetime_seconds);
  };
  for (const auto& state : inspection.states) {
    for (const auto& cookie : state.cookies) add(item_of(cookie), state.state);
    for (const auto& entry : state.storage) add(item_of(entry), state.state);
  }
  std::vector<InventoryItem> list;
  list.reserve(items.size());
  for (auto& [key, item] : items) list.push_back(std::move(item));
  return list;
}

}  // namespace gannet::inspect
