// FeedSync: makes schedules of what the feed lists, and keeps them in step. Per item, one transaction: a crash in the middle
// leaves some items for the next time, never half of one. Several instances may sync at once.
//
//   new item → created · changed item → updated · unchanged → skipped: whatever was edited here stays until the feed itself
//   changes not in the feed three times in a row → its schedule is disabled; in it again → enabled again
//
// Owned by the composition root; belongs to the thread of its io_context.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/units.hpp"
#include "db/database.hpp"
#include "feed/feed.hpp"
#include "schedule/schedules.hpp"

namespace gannet::feed {

/// The number 12.
std::span<const db::Migration> migrations();

/// One conditional GET, behind the address policy.
struct FetchWanted {
  std::string url{};
  /// For If-None-Match; empty for none.
  std::string etag{};
  Bytes size_max{};
};
struct Fetched {
  int status = 0;
  std::string body{};
  /// As it came; empty for none.
  std::string etag{};
};
using Fetch = std::function<aio::Task<Result<Fetched>>(aio::Scope, FetchWanted)>;

struct FeedOptions {
  /// API_URL.
  std::string url{};
  /// REQUEST_TIMEOUT.
  std::chrono::milliseconds timeout{10'000};
  Bytes size_max = 10_MiB;
  OrganisationId organisation = default_organisation();
  schedule::Defaults defaults;
  /// In how many syncs in a row an item must be missing.
  int missing_max = 3;
};

struct SyncReport {
  int created = 0;
  int updated = 0;
  int skipped = 0;
  /// The other system says that nothing changed.
  bool was_unchanged = false;
  /// Schedules of items that vanished, disabled by this sync.
  int disabled = 0;
  struct Detail {
    std::string id;
    /// "created", "updated", "skipped" or "disabled".
    std::string outcome;
    std::string reason;
  };
  /// At most k_details_max, those with something to tell first.
  std::vector<Detail> details;
  static constexpr std::size_t k_details_max = 1000;

  /// {"created":5,"updated":3,"skipped":2}, and nothing else.
  std::string stats_json() const;
  void add(std::string id, std::string_view outcome, std::string reason);
};

class FeedSync {
 public:
  /// `database`, `clock` and `random` outlive it; `random` is used from database threads.
  FeedSync(db::Database& database, const Clock& clock, Random& random, Fetch fetch, FeedOptions options)
      : database_(database), clock_(clock), random_(random), fetch_(std::move(fetch)), options_(std::move(options)) {}

  /// Fetches and applies. Errors: those of the fetch; `unavailable` for a status that is not 200 or 304; `invalid` and
  /// `exhausted` for what is no feed. Nothing is changed then, and no item counts as missing.
  aio::Task<Result<SyncReport>> sync(aio::Scope scope);

  /// The same where no instance has begun one within `interval`; nothing otherwise.
  aio::Task<Result<std::optional<SyncReport>>> sync_if_due(aio::Scope scope, std::chrono::milliseconds interval);

 private:
  aio::Task<Result<SyncReport>> apply(aio::Scope scope, ParsedFeed feed, std::string etag);

  db::Database& database_;
  const Clock& clock_;
  Random& random_;
  Fetch fetch_;
  const FeedOptions options_;
};

/// How the last sync went, for `gannet sync --status` and health.
struct FeedState {
  std::string etag;
  std::optional<Instant> begun_at;
  std::optional<Instant> succeeded_at;
  std::string error;
  auto columns() { return std::tie(etag, begun_at, succeeded_at, error); }
};
Result<FeedState> load_feed_state(db::Tx& tx, OrganisationId organisation);

}  // namespace gannet::feed
