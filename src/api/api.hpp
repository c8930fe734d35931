// Api: the HTTP interface of the service. It checks who calls and what they send, hands each call to the module whose matter it
// is, and writes the answer; it holds no rules of its own. Every route is declared once (route.hpp).
//
// Owned by the composition root, which gives it its parts and connects handle() to a net::HttpServer. Belongs to the single
// thread of the event loop.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "api/health.hpp"
#include "api/metrics.hpp"
#include "api/route.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/units.hpp"
#include "coordination/coordination.hpp"
#include "db/database.hpp"
#include "identity/accounts.hpp"
#include "identity/authenticator.hpp"
#include "schedule/schedules.hpp"
#include "site/profile.hpp"

namespace gannet::api {

/// A report as it goes to the client.
struct Report {
  std::string content_type;
  std::string content;
};

/// Guide 002's counts, with a reason for each item that was skipped as "name: reason".
struct SyncCounts {
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t skipped = 0;
  std::vector<std::string> details{};
};

/// What the API stands on. References outlive it.
struct Parts {
  const Clock& clock;
  Random& random;
  db::Database& database;
  identity::Authenticator& authenticator;
  identity::Accounts& accounts;
  coordination::Coordination& coordination;
  /// What the parts last said; must not wait.
  std::function<std::vector<ComponentHealth>()> health;
  /// Asks the parts now: /ready and /api/v1/health.
  std::function<aio::Task<std::vector<ComponentHealth>>(aio::Scope)> check_health;
  /// Whether the service takes work: false while it starts and stops.
  std::function<bool()> is_ready;
  /// What holds where a schedule does not say, and whom to tell that schedules changed.
  schedule::Defaults schedule_defaults;
  std::function<void()> schedules_changed;
  /// A kept scan in one of the report's formats; empty where this process has no store. Errors: `not_found`, `invalid` for a
  /// format.
  std::function<aio::Task<Result<Report>>(aio::Scope, ScanId, std::string format)> write_report;
  /// Removes all that is kept of a scan that has ended. Error `not_found` where nothing is.
  std::function<aio::Task<Result<void>>(aio::Scope, ScanId)> delete_evidence;
  /// One round of the feed; empty where none is configured.
  std::function<aio::Task<Result<SyncCounts>>(aio::Scope, OrganisationId)> sync_feed;
  /// Whether scans can be made with a profile; scan::parse_scan_params knows.
  site::CheckConfig check_profile;
  /// Writes what the parts count.
  std::function<void(MetricsWriter&)> write_metrics;
};

struct ApiOptions {
  std::string health_status_word = "ok";
  std::vector<std::string> cors_origins{};
  Bytes body_bytes_max = 1_MiB;
  int rate_limit_requests = 100;  // Of one client in each window; 0 is no limit.
  int rate_limit_creations = 30;
  std::chrono::milliseconds rate_limit_window{60'000};
  /// Folder of swagger-ui-dist; empty leaves /docs out.
  std::filesystem::path swagger_ui{};
};

class Api {
 public:
  Api(Parts parts, ApiOptions options);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// The handler for net::HttpServer. Never throws.
  aio::Task<net::HttpResponse> handle(aio::Scope scope, net::HttpRequest request);
  /// The answer to what the server refuses itself.
  net::HttpResponse refuse(int status, const std::string& reason);
  /// For net::HttpServerOptions: how long a body may be, by its route.
  Bytes body_bytes_max_for(const net::HttpRequest& head) const;

  const std::string& openapi() const;

 private:
  class Pipeline;
  std::unique_ptr<Pipeline> pipeline_;
};

/// Removes the answers kept for repeated requests (Idempotency-Key) that are older than a day; at most `limit`. Returns how many.
Result<std::int64_t> prune_replies(db::Tx& tx, int limit = 1000);

}  // namespace gannet::api
