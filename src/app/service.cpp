#include "app/service.hpp"

#include <filesystem>

#include "app/installation.hpp"
#include "app/installation_database.hpp"
#include "app/make_coordination.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "events/events.hpp"
#include "schedule/executions.hpp"
#include "store/retention.hpp"

namespace gannet::app {

using namespace std::chrono_literals;

namespace {

constexpr auto k_watch_interval = 5s;
constexpr auto k_upkeep_interval = 60s;
/// Retention looks at everything that is kept.
constexpr auto k_retention_interval = 1h;
constexpr auto k_look_limit = 3s;
/// Between instances: something is due; a schedule was made or changed.
constexpr const char* k_jobs_topic = "jobs";
constexpr const char* k_schedules_topic = "schedules";

std::chrono::days days_of(conf::Duration duration) { return std::chrono::floor<std::chrono::days>(duration); }

log::Level level_of(std::string_view text) {
  if (text == "debug") return log::Level::debug;
  if (text == "warning") return log::Level::warning;
  if (text == "error") return log::Level::error;
  return log::Level::info;
}

Result<std::vector<net::Network>> parse_networks(const char* setting, const conf::List& texts) {
  std::vector<net::Network> networks;
  for (const auto& text : texts) {
    auto network = net::Network::parse(text);
    if (!network) return pass(network, setting);
    networks.push_back(*network);
  }
  return networks;
}

schedule::Defaults schedule_defaults(const conf::Settings& settings) {
  schedule::Defaults defaults;
  defaults.timezone = settings.scheduler_timezone;
  defaults.policy.misfire = settings.job_coalesce ? schedule::MisfirePolicy::latest : schedule::MisfirePolicy::window;
  defaults.policy.misfire_grace = std::chrono::floor<std::chrono::seconds>(settings.job_misfire_grace_time);
  defaults.policy.instances_max = int(settings.job_max_instances);
  defaults.timeout = std::chrono::floor<std::chrono::seconds>(settings.scan_timeout);
  return defaults;
}

/// Deletes in small transactions until nothing is left to delete.
template <class Prune>
aio::Task<void> prune_all(db::Database& database, aio::Scope scope, const char* what, Prune prune) {
  std::int64_t total = 0;
  for (;;) {
    auto pruned = co_await database.write(scope, prune);
    if (!pruned) {
      if (!scope.is_cancelled()) LOG_WARNING("upkeep", "cannot remove old {}: {}", what, pruned.error().describe());
      break;
    }
    total += *pruned;
    if (*pruned == 0) break;
  }
  if (total > 0) LOG_INFO("upkeep", "removed {} old {}", total, what);
}

}  // namespace

Service::Service(boost::asio::io_context& context, const ServeArguments& arguments,
                 std::optional<browser_host::HostProcess> host)
    : context_(context),
      executor_(context.get_executor()),
      arguments_(arguments),
      settings_(arguments.service.settings),
      host_(std::move(host)),
      group_(executor_) {}

Service::~Service() = default;

std::string Service::url() const {
  if (!server_) return "";
  const bool is_everywhere = settings_.api_host == "0.0.0.0" || settings_.api_host == "::";
  return fmt::format("http://{}:{}", is_everywhere ? "127.0.0.1" : settings_.api_host, server_->port());
}

void Service::apply(const conf::Settings& settings) {
  settings_ = settings;
  log::set_level(level_of(settings_.log_level));
}

aio::Task<Result<void>> Service::start(aio::Scope scope) {
  log::set_level(level_of(settings_.log_level));
  LOG_INFO("scheduler", "EnhancedScheduler initialized (gannet {})", version());
  auto coordination = make_coordination(executor_, clock_, random_, settings_);
  if (!coordination) co_return pass(coordination);
  coordination_ = std::move(*coordination);
  co_await coordination_->start();
  LOG_INFO("scheduler", "Redis client initialized ({})", coordination_->state().kind);
  if (auto opened = open_data(); !opened) co_return pass(opened);
  LOG_INFO("scheduler", "Database connection initialized ({})", database_->describe());
  LOG_INFO("scheduler", "Distributed lock manager initialized");
  LOG_INFO("scheduler", "Schedule repository initialized");
  LOG_INFO("scheduler", "Job history initialized");
  LOG_INFO("scheduler", "Schedule watcher initialized");
  if (is_scanner()) {
    if (auto made = make_scanner(); !made) co_return pass(made);
    if (auto started = co_await runner_->start(scope); !started) co_return pass(started, "browser");
    if (auto started = co_await worker_->start(scope); !started) co_return pass(started, "worker");
    LOG_INFO("scheduler", "Scheduled scan executor initialized");
    group_.spawn(hand_on_wakes(k_jobs_topic, [this] { worker_->wake(); }), "wake-ups of jobs");
  }
  if (is_scheduler()) {
    if (auto started = co_await start_scheduler(scope); !started) co_return pass(started, "scheduler");
  }
  health_ = co_await look(scope);
  group_.spawn(watch_loop(), "watch");
  if (is_scheduler()) group_.spawn(upkeep_loop(), "upkeep");
  if (is_api()) {
    if (auto started = start_api(); !started) co_return pass(started, "API");
  }
  is_ready_ = true;
  co_return Result<void>{};
}

Result<void> Service::open_data() {
  const auto& common = arguments_.service.common;
  database_ = TRY(open_database(common, clock_, int(settings_.database_pool_max_size)));
  TRY(make_data_folder(common.data_dir));
  signer_ = TRY(load_signer(common.data_dir));
  store_ = TRY(store::Store::open(common.data_dir, {clock_, random_, &*signer_}, database_));
  keys_ = TRY(identity::TokenKeys::load(settings_.jwt_secret_key, settings_.jwt_secret_key_previous, common.data_dir));
  first_admin_ = TRY(identity::make_first_admin_blocking(*database_, clock_, random_));
  return {};
}

Result<void> Service::make_scanner() {
  const auto& common = arguments_.service.common;
  auto judge = std::make_shared<const Judge>(TRY(Judge::load(common, {})));
  runner_ = std::make_unique<ScanRunner>(
      context_, ScanRunner::Parts{.host = std::move(*host_),
                                  .browser = common.browser,
                                  .network = {arguments_.resolve, TRY(parse_networks("ALLOW_NET", settings_.allow_net)), arguments_.proxy},
                                  .digest_key = TRY(load_digest_key(common.data_dir)),
                                  .autoconsent = TRY(load_autoconsent(common.data_sets))});
  jobs_ = std::make_unique<ScanJobs>(executor_, ScanJobs::Parts{.runner = *runner_,
                                                                .database = *database_,
                                                                .store = *store_,
                                                                .coordination = *coordination_,
                                                                .judge = std::move(judge),
                                                                .clock = clock_,
                                                                .random = random_,
                                                                .lock_timeout = settings_.lock_timeout});
  queue::WorkerOptions options;
  options.queue = k_scan_queue;
  options.concurrency = int(settings_.max_workers);
  options.batch_max = 1;
  options.grace = settings_.shutdown_grace;
  options.description = coordination::make_instance_name(random_);
  worker_ = std::make_unique<queue::Worker>(executor_, *database_, random_, options);
  jobs_->add_to(*worker_);
  return {};
}

aio::Task<Result<void>> Service::start_scheduler(aio::Scope scope) {
  schedule::FireEngineOptions options;
  options.defaults = schedule_defaults(settings_);
  options.check_interval = settings_.schedule_check_interval;
  fires_ = std::make_unique<schedule::FireEngine>(executor_, *database_, random_, options);
  fires_->on_fired([this] { coordination_->wake(k_jobs_topic); });
  if (auto started = co_await fires_->start(scope); !started) co_return pass(started);
  group_.spawn(hand_on_wakes(k_schedules_topic, [this] { fires_->wake(); }), "wake-ups of schedules");
  LOG_INFO("scheduler", "Enhanced scheduler started successfully");
  co_return Result<void>{};
}

Result<void> Service::start_api() {
  identity::AccountOptions account_options;
  account_options.access_token_lifetime = std::chrono::floor<std::chrono::seconds>(settings_.jwt_expiration);
  account_options.refresh_idle_max = std::chrono::floor<std::chrono::seconds>(settings_.refresh_token_lifetime);
  account_options.failures_max = int(settings_.lockout_attempts);
  account_options.failure_window = account_options.lock_duration =
      std::chrono::floor<std::chrono::seconds>(settings_.lockout_window);
  accounts_ = std::make_unique<identity::Accounts>(executor_, *database_, clock_, random_, keys_, account_options);
  authenticator_ = std::make_unique<identity::Authenticator>(*database_, clock_, keys_);
  api_ = std::make_unique<api::Api>(
      api::Parts{.clock = clock_,
                 .random = random_,
                 .database = *database_,
                 .authenticator = *authenticator_,
                 .accounts = *accounts_,
                 .coordination = *coordination_,
                 .health = [this] { return health_; },
                 .check_health = [this](aio::Scope scope) { return look(std::move(scope)); },
                 .is_ready = [this] { return is_ready_; },
                 .write_metrics = [this](api::MetricsWriter& writer) { write_metrics(writer); }},
      api::ApiOptions{.health_status_word = settings_.health_status_word,
                      .cors_origins = settings_.cors_origins,
                      .body_bytes_max = settings_.api_body_bytes_max,
                      .rate_limit_requests = int(settings_.rate_limit_requests),
                      .rate_limit_creations = int(settings_.rate_limit_schedules),
                      .rate_limit_window = settings_.rate_limit_window,
                      .swagger_ui = arguments_.service.common.data_sets / "npm/swagger-ui-dist"});
  net::HttpServerOptions options;
  options.body_bytes_max = settings_.api_body_bytes_max;
  options.body_bytes_max_for = [this](const net::HttpRequest& head) { return api_->body_bytes_max_for(head); };
  options.connections_max = std::size_t(settings_.api_connections_max);
  options.trusted_proxies = TRY(parse_networks("TRUSTED_PROXIES", settings_.trusted_proxies));
  server_ = std::make_unique<net::HttpServer>(
      executor_, clock_, options,
      [this](aio::Scope scope, net::HttpRequest request) { return api_->handle(std::move(scope), std::move(request)); });
  server_->set_refusal_writer([this](int status, const std::string& reason) { return api_->refuse(status, reason); });
  server_->set_access_log([](const net::AccessEntry& entry) {
    LOG_INFO("api", "{} {} {} {} {} B {} us", entry.client.to_string(), entry.method, entry.target, entry.status,
             entry.response_bytes, entry.duration.count());
  });
  return server_->listen(settings_.api_host, std::uint16_t(settings_.api_port));
}

aio::Task<void> Service::stop() {
  is_ready_ = false;
  if (server_) co_await server_->stop(std::min<std::chrono::milliseconds>(settings_.shutdown_grace, 30s));
  if (fires_) co_await fires_->stop();
  if (worker_) co_await worker_->stop();
  if (jobs_) co_await jobs_->stop();
  co_await group_.stop();
  if (runner_) co_await runner_->stop();
  if (coordination_) co_await coordination_->stop();
  LOG_INFO("scheduler", "stopped");
}

aio::Task<void> Service::hand_on_wakes(std::string topic, std::function<void()> call) {
  const auto scope = group_.scope();
  while (co_await coordination_->wake_signal(topic).wait(scope)) call();
}

aio::Task<void> Service::watch_loop() {
  const auto scope = group_.scope();
  while (co_await aio::sleep(executor_, scope, k_watch_interval)) {
    auto health = co_await look(scope);
    if (scope.check()) health_ = std::move(health);
  }
}

aio::Task<void> Service::upkeep_loop() {
  const auto scope = group_.scope();
  auto retention_at = clock_.steady_now();
  do {
    auto ended = co_await database_->write(scope, [](db::Tx& tx) { return end_abandoned_scans(tx); });
    if (ended && *ended > 0) LOG_WARNING("upkeep", "{} scans ended without a result: their jobs were given up", *ended);
    if (!ended && !scope.is_cancelled()) LOG_WARNING("upkeep", "{}", ended.error().describe());
    if (clock_.steady_now() < retention_at) continue;
    retention_at = clock_.steady_now() + k_retention_interval;
    co_await remove_what_is_old(scope);
  } while (co_await aio::sleep(executor_, scope, k_upkeep_interval));
}

aio::Task<void> Service::remove_what_is_old(aio::Scope scope) {
  const auto now = clock_.now();
  const auto& settings = settings_;
  co_await prune_all(*database_, scope, "executions",
                     [days = days_of(settings.retention_executions).count()](db::Tx& tx) { return schedule::prune_executions(tx, days); });
  co_await prune_all(*database_, scope, "fires", [before = now - settings.retention_executions](db::Tx& tx) {
    return schedule::prune_fires(tx, before);
  });
  co_await prune_all(*database_, scope, "jobs", [before = now - settings.retention_events](db::Tx& tx) {
    return queue::prune_history(tx, before);
  });
  co_await prune_all(*database_, scope, "events", [now, keep = settings.retention_events](db::Tx& tx) {
    return events::prune(tx, {.before = now - keep, .abandoned_before = now - 2 * keep});
  });
  co_await prune_all(*database_, scope, "audit entries", [keep = days_of(settings.retention_audit)](db::Tx& tx) {
    return identity::prune_audit(tx, keep);
  });
  co_await prune_all(*database_, scope, "login sessions", [](db::Tx& tx) { return identity::prune_login_sessions(tx); });
  const store::Retention retention{.scans = days_of(settings.retention_scans),
                                   .screenshots = days_of(settings.retention_screenshots)};
  auto pruned = co_await store_->run(
      scope, [retention](store::Store& store) { return store.prune_blocking(retention, store::PruneMode::apply); });
  if (!pruned && !scope.is_cancelled()) LOG_WARNING("upkeep", "cannot remove old scans: {}", pruned.error().describe());
  if (pruned && pruned->scans > 0) LOG_INFO("upkeep", "removed {} old scans", pruned->scans);
  co_await prune_all(*database_, scope, "scan requests", [before = now - settings.retention_scans](db::Tx& tx) {
    return store::prune_scan_requests(tx, before);
  });
}

aio::Task<std::vector<api::ComponentHealth>> Service::look(aio::Scope scope) {
  using api::HealthState;
  const auto now = clock_.now();
  std::vector<api::ComponentHealth> health;
  auto numbers = co_await database_->read(scope.within(k_look_limit), [](db::Tx& tx) -> Result<InstallationNumbers> {
    InstallationNumbers numbers;
    numbers.jobs = TRY(queue::count_jobs(tx));
    const auto counts = TRY(schedule::count_schedules(tx));
    numbers.schedules_enabled = counts.enabled;
    numbers.schedules_off = counts.off;
    return numbers;
  });
  health.push_back({.name = "database",
                    .state = numbers ? HealthState::healthy : HealthState::unhealthy,
                    .detail = numbers ? database_->describe() : numbers.error().describe(),
                    .checked_at = now});
  if (numbers) numbers_ = std::move(*numbers);

  const auto state = coordination_->state();
  health.push_back({.name = "redis",
                    .state = state.is_degraded ? HealthState::degraded : HealthState::healthy,
                    .detail = state.is_degraded ? state.reason : std::string(state.kind),
                    .checked_at = now});
  if (fires_) {
    const auto lag = std::chrono::milliseconds(fires_->metrics().lag_ms);
    const bool is_late = lag > 2min;
    health.push_back({.name = "scheduler",
                      .state = is_late ? HealthState::degraded : HealthState::healthy,
                      .detail = is_late ? fmt::format("the oldest due fire is {} late", format_duration(lag)) : "",
                      .checked_at = now});
  }
  if (worker_) {
    health.push_back({.name = "browser",
                      .state = HealthState::healthy,
                      .detail = fmt::format("{} scans run", worker_->metrics().running.load()),
                      .checked_at = now});
  }
  std::error_code failed;
  const auto space = std::filesystem::space(arguments_.service.common.data_dir, failed);
  if (!failed) free_bytes_ = space.available;
  health.push_back({.name = "disk",
                    .state = failed || free_bytes_ < 500'000'000 ? HealthState::degraded : HealthState::healthy,
                    .detail = failed ? failed.message() : fmt::format("{} MB free", free_bytes_ / 1'000'000),
                    .checked_at = now});
  co_return health;
}

void Service::write_metrics(api::MetricsWriter& writer) const {
  using Type = api::MetricsWriter::Type;
  const auto is_up = [this](std::string_view name) {
    for (const auto& component : health_)
      if (component.name == name) return component.state == api::HealthState::healthy ? 1.0 : 0.0;
    return 0.0;
  };
  writer.gauge("gannet_database_up", "Whether the database answered last.", is_up("database"));
  writer.gauge("gannet_redis_up", "Whether Redis is in use, or not configured.", is_up("redis"));
  writer.gauge("gannet_data_free_bytes", "Free space where the data folder is.", double(free_bytes_));

  writer.begin("gannet_schedules", Type::gauge, "Schedules by whether they fire.");
  writer.sample(double(numbers_.schedules_enabled), {{"state", "enabled"}});
  writer.sample(double(numbers_.schedules_off), {{"state", "off"}});
  writer.begin("gannet_jobs", Type::gauge, "Jobs by queue and state.");
  std::int64_t depth = 0;
  for (const auto& queue : numbers_.jobs) {
    writer.sample(double(queue.available), {{"queue", queue.queue}, {"state", "available"}});
    writer.sample(double(queue.scheduled), {{"queue", queue.queue}, {"state", "scheduled"}});
    writer.sample(double(queue.running), {{"queue", queue.queue}, {"state", "running"}});
    writer.sample(double(queue.dead), {{"queue", queue.queue}, {"state", "dead"}});
    depth += queue.available;
  }
  writer.begin("gannet_job_oldest_ready_age_seconds", Type::gauge, "How long the oldest job that is due has waited.");
  for (const auto& queue : numbers_.jobs) writer.sample(double(queue.lag_ms) / 1000, {{"queue", queue.queue}});

  if (fires_) {
    const auto& metrics = fires_->metrics();
    writer.gauge("gannet_schedule_lag_seconds", "How late the oldest due time is that no instance has decided on.",
                 double(metrics.lag_ms) / 1000);
    writer.begin("gannet_fires_total", Type::counter, "Due times decided on by this process.");
    writer.sample(double(metrics.fired), {{"result", "queued"}});
    writer.sample(double(metrics.skipped), {{"result", "skipped"}});
    writer.sample(double(metrics.repeated), {{"result", "repeated"}});
    writer.counter("gannet_fire_errors_total", "Rounds of the scheduler that failed.", double(metrics.errors));
  }
  if (worker_) {
    const auto& metrics = worker_->metrics();
    writer.gauge("gannet_scans_running", "Scans that run in this process.", double(metrics.running));
    writer.counter("gannet_stale_claims_rescued_total", "Jobs of dead workers taken by this process.", double(metrics.rescued));
    writer.counter("gannet_fenced_writes_rejected_total", "Ends of jobs that had been taken over meanwhile.", double(metrics.fenced));
    writer.counter("gannet_jobs_failed_total", "Jobs that were given up.", double(metrics.failed));
    const auto& counters = jobs_->counters();
    writer.begin("gannet_executions_total", Type::counter, "Scans that ended in this process, by how.");
    std::int64_t total = 0;
    for (const auto* status : {"success", "partial", "failed", "cancelled"}) {
      const auto found = counters.ended_by_status.find(status);
      const auto count = found == counters.ended_by_status.end() ? 0 : found->second;
      writer.sample(double(count), {{"status", status}});
      total += count;
    }
    writer.begin("gannet_execution_duration_seconds", Type::histogram, "How long scans took.");
    for (const auto& [bound, count] : counters.ended_within)
      writer.sample_of("_bucket", double(count), {{"le", fmt::format("{}", bound)}});
    writer.sample_of("_bucket", double(total), {{"le", "+Inf"}});
    writer.sample_of("_sum", counters.seconds_total, {});
    writer.sample_of("_count", double(total), {});
    writer.counter("gannet_lock_failures_total", "Locks of schedules that somebody else kept.", double(counters.lock_failures));
    // The names that guide 001 prints.
    const auto count_of = [&](const char* status) {
      const auto found = counters.ended_by_status.find(status);
      return found == counters.ended_by_status.end() ? 0.0 : double(found->second);
    };
    writer.counter("techscaniq_scans_total", "The same as the sum of gannet_executions_total.", double(total));
    writer.counter("scans_failed_total", "The same as gannet_executions_total of failed.", count_of("failed"));
  }
  writer.gauge("techscaniq_active_configs", "The same as gannet_schedules of enabled.", double(numbers_.schedules_enabled));
  writer.gauge("queue_depth", "Jobs that wait, in all queues.", double(depth));
}

}  // namespace gannet::app
