// The feed of guide 002: a JSON document of another system that lists what is to be scanned and when. Reading it is pure; it was
// written by somebody else, so every item is judged alone, and one that is wrong costs only itself.
//
//   {"data": [{"domain_config_id": "abc-123", "data": {"domain": "example.com", "description": "…", "allow_deep_scan": true,
//              "maxPages": 50, "scanDepth": 5, "maxRetries": 3, "customPages": ["/a"], "accept_selector": "…",
//              "schedule": {"frequency": "daily", "time": {"hour": 2, "minute": 0}}}}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "site/domain.hpp"

namespace gannet::feed {

struct FeedItem {
  /// domain_config_id as it was sent.
  std::string id;
  site::Domain domain;
  std::string description;
  /// "deep" where allow_deep_scan is true or "true", else "quick".
  std::string scan_type;
  /// Scan parameters under our names, as JSON; those that the scan type does not have are left out.
  std::string scan_params;
  std::string frequency;
  /// JSON object.
  std::string time_config;
  /// SHA-256 over all of the above: the same as long as the feed says the same.
  std::string sha256;
};

struct SkippedItem {
  /// Empty where it has none.
  std::string id;
  std::string reason;
};

struct ParsedFeed {
  std::vector<FeedItem> items;
  std::vector<SkippedItem> invalid;
};

inline constexpr std::size_t k_feed_items_max = 10'000;

/// Errors: `invalid` for what is no such document at all; `exhausted` for more than k_feed_items_max items.
Result<ParsedFeed> parse_feed(std::string_view body);

}  // namespace gannet::feed
