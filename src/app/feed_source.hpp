// FeedSource: the feed of schedules that API_URL names, with what it is fetched by; and what else the settings say to the
// scheduler. Owned by who syncs; on the loop's thread.
#pragma once

#include <memory>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "conf/settings.hpp"
#include "db/database.hpp"
#include "feed/sync.hpp"
#include "net/address.hpp"
#include "net/http_client.hpp"
#include "net/resolver.hpp"
#include "schedule/schedules.hpp"

namespace gannet::app {

/// A list of networks as a setting has it. Errors name the setting.
Result<std::vector<net::Network>> parse_networks(const char* setting, const conf::List& texts);

/// SCHEDULER_TIMEZONE, JOB_*, SCAN_TIMEOUT.
schedule::Defaults schedule_defaults(const conf::Settings& settings);

class FeedSource {
 public:
  /// All references outlive it. Error `invalid` where the settings name no feed, or a wrong one.
  static Result<std::unique_ptr<FeedSource>> make(aio::Executor executor, db::Database& database, const Clock& clock,
                                                  Random& random, const conf::Settings& settings);
  feed::FeedSync& sync() { return *sync_; }
  aio::Task<void> stop() { co_await client_.stop(); }

 private:
  FeedSource(aio::Executor executor, const Clock& clock, net::AddressPolicy policy);
  aio::Task<Result<feed::Fetched>> fetch(aio::Scope scope, feed::FetchWanted wanted);

  const net::AddressPolicy policy_;
  net::Resolver resolver_;
  net::HttpClient client_;
  std::unique_ptr<feed::FeedSync> sync_;
};

}  // namespace gannet::app
