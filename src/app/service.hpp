// Service: the parts of `gannet serve` in the order in which they start, and taken down in reverse. One per process; on the
// loop's thread.
//
//   database → identity → coordination → store → scans → worker → scheduler → upkeep → API
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "api/api.hpp"
#include "app/arguments.hpp"
#include "app/feed_source.hpp"
#include "app/scan_jobs.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "browser_host/host_process.hpp"
#include "conf/settings.hpp"
#include "coordination/coordination.hpp"
#include "db/database.hpp"
#include "identity/accounts.hpp"
#include "identity/authenticator.hpp"
#include "net/http_server.hpp"
#include "queue/worker.hpp"
#include "schedule/fire_engine.hpp"
#include "store/store.hpp"

namespace gannet::app {

/// The numbers of the whole installation, looked up now and then.
struct InstallationNumbers {
  std::vector<queue::QueueCounts> jobs;
  std::int64_t schedules_enabled = 0;
  std::int64_t schedules_off = 0;
};

/// Since the start of the process.
struct FeedNumbers {
  std::int64_t created = 0, updated = 0, skipped = 0, failures = 0;
  std::optional<Instant> succeeded_at;
};

class Service {
 public:
  /// `host` is forked where the process has the role of a scanner. All references outlive it.
  Service(boost::asio::io_context& context, const ServeArguments& arguments, std::optional<browser_host::HostProcess> host);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Errors name the part and what would be right; stop() is to be called all the same.
  aio::Task<Result<void>> start(aio::Scope scope);
  /// Takes no more, lets what runs end within SHUTDOWN_GRACE, and gives back what does not.
  aio::Task<void> stop();

  /// What can change while the service runs takes effect.
  conf::Reload apply(const conf::Settings& settings);

  /// Where the API is; empty without that role.
  std::string url() const;
  /// Made by this start, to be shown once.
  const std::optional<identity::FirstAdmin>& first_admin() const { return first_admin_; }

 private:
  bool is_scanner() const { return arguments_.roles.scanner; }
  bool is_scheduler() const { return arguments_.roles.scheduler; }
  bool is_api() const { return arguments_.roles.api; }

  Result<void> open_data();
  Result<void> make_scanner();
  aio::Task<Result<void>> start_scheduler(aio::Scope scope);
  Result<void> start_api();

  /// Forever, until the group stops: one round now and then.
  aio::Task<void> upkeep_loop();
  aio::Task<void> sync_loop();
  aio::Task<void> watch_loop();
  aio::Task<void> hand_on_wakes(std::string topic, std::function<void()> call);
  aio::Task<void> remove_what_is_old(aio::Scope scope);

  aio::Task<Result<api::Report>> write_report(aio::Scope scope, ScanId id, std::string format_name);
  std::function<aio::Task<Result<api::SyncCounts>>(aio::Scope, OrganisationId)> make_sync();
  aio::Task<Result<api::SyncCounts>> sync_now(aio::Scope scope, OrganisationId organisation);
  void note_sync(const feed::SyncReport& report);

  aio::Task<std::vector<api::ComponentHealth>> look(aio::Scope scope);
  void write_metrics(api::MetricsWriter& writer) const;

  boost::asio::io_context& context_;
  const aio::Executor executor_;
  const ServeArguments& arguments_;
  conf::Settings settings_;
  std::optional<browser_host::HostProcess> host_;
  SystemClock clock_;
  SystemRandom random_;

  std::shared_ptr<db::Database> database_;
  std::optional<evidence::Signer> signer_;
  identity::TokenKeys keys_;
  std::optional<identity::FirstAdmin> first_admin_;
  std::unique_ptr<coordination::Coordination> coordination_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const Judge> judge_;
  std::unique_ptr<ScanRunner> runner_;
  std::unique_ptr<ScanJobs> jobs_;
  std::unique_ptr<queue::Worker> worker_;
  std::unique_ptr<schedule::FireEngine> fires_;
  SteadyInstant fires_started_at_;
  std::unique_ptr<FeedSource> feed_;
  std::unique_ptr<identity::Accounts> accounts_;
  std::unique_ptr<identity::Authenticator> authenticator_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<net::HttpServer> server_;

  bool is_ready_ = false;
  std::vector<api::ComponentHealth> health_;
  InstallationNumbers numbers_;
  FeedNumbers feed_numbers_;
  std::uint64_t free_bytes_ = 0;
  aio::TaskGroup group_;
};

}  // namespace gannet::app
