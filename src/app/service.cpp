#include "app/service.hpp"

#include <filesystem>

#include "app/installation.hpp"
#include "app/installation_database.hpp"
#include "app/make_coordination.hpp"
#include "app/output.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "events/events.hpp"
#include "scan/params.hpp"
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
/// A scheduler that is further behind, or has not been heard of for longer, is in trouble.
constexpr auto k_lag_max = 2min;
constexpr auto k_silence_max = 2min;
/// Between instances: something is due; a schedule was made or changed.
constexpr const char* k_jobs_topic = k_scan_queue;
constexpr const char* k_schedules_topic = "schedules";

std::chrono::days days_of(conf::Duration duration) { return std::chrono::floor<std::chrono::days>(duration); }

log::Level level_of(std::string_view text) {
  if (text == "debug") return log::Level::debug;
  if (text == "warning") return log::Level::warning;
  if (text == "error") return log::Level::error;
  return log::Level::info;
}

/// Of quick scans; those of deep scans are checked by whoever will run them.
Result<void> check_params(std::string_view scan_mode, std::string_view config) {
  if (scan_mode != "quick") return {};
  TRY(scan::parse_scan_params(config));
  return {};
}

std::string_view content_type_of(Format format) {
  switch (format) {
    case Format::text: return "text/plain; charset=utf-8";
    case Format::json:
    case Format::har:
    case Format::sarif: return "application/json";
    case Format::html: return "text/html; charset=utf-8";
    case Format::pdf: return "application/pdf";
    case Format::csv: return "text/csv; charset=utf-8";
    case Format::junit: return "application/xml";
  }
  return "application/octet-stream";
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

Service::Service(boost::asio::io_context& context, const ServeArguments& arguments, std::optional<browser_host::HostProcess> host)
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

conf::Reload Service::apply(const conf::Settings& settings) {
  auto reload = conf::reload(settings_, settings);
  log::set_level(level_of(settings_.log_level));
  return reload;
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
  if (settings_.enable_api_sync || !settings_.api_url.empty()) {
    auto made = FeedSource::make(executor_, *database_, clock_, random_, settings_);
    if (!made) co_return pass(made, "feed");
    feed_ = std::move(*made);
  }
  health_ = co_await look(scope);
  group_.spawn(watch_loop(), "watch");
  if (is_scheduler()) group_.spawn(upkeep_loop(), "upkeep");
  if (is_scheduler() && settings_.enable_api_sync) group_.spawn(sync_loop(), "feed");
  if (is_api()) {
    if (auto started = start_api(); !started) co_return pass(started, "API");
  }
  is_ready_ = true;
  co_return Result<void>{};
}

Result<void> Service::open_data() {
  const auto& common = arguments_.service.common;
  database_ = TRY(open_database(common, clock_,
                                {.min = int(settings_.database_pool_min_size), .max = int(settings_.database_pool_max_size)}));
  TRY(make_data_folder(common.data_dir));
  signer_ = TRY(load_signer(common.data_dir));
  store_ = TRY(store::Store::open(common.data_dir, {clock_, random_, &*signer_}, database_));
  judge_ = std::make_shared<const Judge>(TRY(Judge::load(common, {})));
  keys_ = TRY(identity::TokenKeys::load(settings_.jwt_secret_key, settings_.jwt_secret_key_previous, common.data_dir));
  if (!settings_.database_url.empty() && settings_.jwt_secret_key.empty())
    LOG_WARNING(
        "api",
        "JWT_SECRET_KEY is not set: access tokens are signed with a secret of this data folder, and instances with another "
        "data folder refuse them; set the same 32 bytes or more on all");
  first_admin_ = TRY(identity::make_first_admin_blocking(*database_, clock_, random_));
  return {};
}

Result<void> Service::make_scanner() {
  const auto& common = arguments_.service.common;
  runner_ = std::make_unique<ScanRunner>(
      context_,
      ScanRunner::Parts{.host = std::move(*host_),
                        .browser = common.browser,
                        .network = {arguments_.resolve, TRY(parse_networks("ALLOW_NET", settings_.allow_net)), arguments_.proxy},
                        .digest_key = TRY(load_digest_key(common.data_dir)),
                        .autoconsent = TRY(load_autoconsent(common.data_sets))});
  jobs_ = std::make_unique<ScanJobs>(executor_, ScanJobs::Parts{.runner = *runner_,
                                                                .database = *database_,
                                                                .store = *store_,
                                                                .coordination = *coordination_,
                                                                .judge = judge_,
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
  fires_started_at_ = clock_.steady_now();
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
                 .schedule_defaults = schedule_defaults(settings_),
                 .schedules_changed = [this] { coordination_->wake(k_schedules_topic); },
                 .write_report = [this](aio::Scope scope, ScanId id,
                                        std::string format) { return write_report(std::move(scope), id, std::move(format)); },
                 .delete_evidence =
                     [this](aio::Scope scope, ScanId id) {
                       return store_->run(std::move(scope), [id](store::Store& store) { return store.delete_scan_blocking(id); });
                     },
                 .sync_feed = make_sync(),
                 .check_profile = check_params,
                 .write_metrics = [this](api::MetricsWriter& writer) { write_metrics(writer); }},
      api::ApiOptions{.health_status_word = settings_.health_status_word,
                      .cors_origins = settings_.cors_origins,
                      .body_bytes_max = settings_.api_body_bytes_max,
                      .rate_limit_requests = int(settings_.rate_limit_requests),
                      .rate_limit_creations = int(settings_.rate_limit_schedules),
                      .rate_limit_window = settings_.rate_limit_window,
                      .swagger_ui = arguments_.service.common.data_sets / "npm/swagger-ui-dist@5.35.0/package"});
  net::HttpServerOptions options;
  options.body_bytes_max = settings_.api_body_bytes_max;
  options.body_bytes_max_for = [this](const net::HttpRequest& head) { return api_->body_bytes_max_for(head); };
  options.connections_max = std::size_t(settings_.api_connections_max);
  options.trusted_proxies = TRY(parse_networks("TRUSTED_PROXIES", settings_.trusted_proxies));
  server_ = std::make_unique<net::HttpServer>(executor_, clock_, options, [this](aio::Scope scope, net::HttpRequest request) {
    return api_->handle(std::move(scope), std::move(request));
  });
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
  if (feed_) co_await feed_->stop();
  if (fires_) co_await fires_->stop();
  if (worker_) co_await worker_->stop();
  if (jobs_) co_await jobs_->stop();
  co_await group_.stop();
  if (runner_) co_await runner_->stop();
  if (coordination_) co_await coordination_->stop();
  LOG_INFO("scheduler", "stopped");
}

aio::Task<Result<api::Report>> Service::write_report(aio::Scope scope, ScanId id, std::string format_name) {
  const auto format = parse_report_format(format_name);
  if (!format) co_return std::unexpected(format.error());
  struct Rendered {
    std::string text;
    std::string title;
  };
  auto rendered = co_await store_->run(scope, [id, judge = judge_, format = *format](store::Store& store) -> Result<Rendered> {
    const auto record = TRY(store.load_scan_blocking(id));
    const auto pictures = TRY(store.load_screenshots_blocking(id));
    RenderOptions options;
    options.target.format = format;
    return Rendered{render_scan(record, judge->judge(record), pictures, options), pdf_title(record)};
  });
  if (!rendered) co_return pass(rendered);
  if (*format != Format::pdf) co_return api::Report{std::string(content_type_of(*format)), std::move(rendered->text)};
  if (!runner_)
    co_return fail(ErrorKind::invalid,
                   "format is pdf, which only an instance with the role of a scanner can print; html prints from any browser");
  auto pdf = co_await runner_->print({std::move(rendered->text), std::move(rendered->title)});
  if (!pdf) co_return pass(pdf);
  co_return api::Report{std::string(content_type_of(*format)), std::move(*pdf)};
}

std::function<aio::Task<Result<api::SyncCounts>>(aio::Scope, OrganisationId)> Service::make_sync() {
  if (!feed_) return nullptr;
  return [this](aio::Scope scope, OrganisationId organisation) { return sync_now(std::move(scope), organisation); };
}

aio::Task<Result<api::SyncCounts>> Service::sync_now(aio::Scope scope, OrganisationId organisation) {
  if (organisation != default_organisation()) co_return fail(ErrorKind::denied, "the feed belongs to the default organisation");
  auto report = co_await feed_->sync().sync(std::move(scope));
  if (!report) co_return pass(report);
  note_sync(*report);
  api::SyncCounts counts{.created = report->created, .updated = report->updated, .skipped = report->skipped};
  for (const auto& detail : report->details) counts.details.push_back(fmt::format("{}: {}", detail.id, detail.reason));
  co_return counts;
}

void Service::note_sync(const feed::SyncReport& report) {
  feed_numbers_.created += report.created;
  feed_numbers_.updated += report.updated;
  feed_numbers_.skipped += report.skipped;
  feed_numbers_.succeeded_at = clock_.now();
  if (report.created + report.updated + report.disabled > 0) coordination_->wake(k_schedules_topic);
  LOG_INFO("scheduler", "feed synced: {} created, {} updated, {} skipped, {} disabled", report.created, report.updated,
           report.skipped, report.disabled);
}

aio::Task<void> Service::sync_loop() {
  const auto scope = group_.scope();
  do {
    auto report = co_await feed_->sync().sync_if_due(scope, settings_.api_sync_interval);
    if (report && *report) note_sync(**report);
    if (!report && !scope.is_cancelled()) {
      ++feed_numbers_.failures;
      LOG_WARNING("scheduler", "feed not synced: {}", report.error().describe());
    }
  } while (co_await aio::sleep(executor_, scope, std::min<std::chrono::milliseconds>(settings_.api_sync_interval, 10s)));
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
  co_await prune_all(*database_, scope, "executions", [days = days_of(settings.retention_executions).count()](db::Tx& tx) {
    return schedule::prune_executions(tx, {.days = days});
  });
  co_await prune_all(*database_, scope, "fires",
                     [before = now - settings.retention_executions](db::Tx& tx) { return schedule::prune_fires(tx, before); });
  co_await prune_all(*database_, scope, "jobs",
                     [before = now - settings.retention_events](db::Tx& tx) { return queue::prune_history(tx, before); });
  co_await prune_all(*database_, scope, "events", [now, keep = settings.retention_events](db::Tx& tx) {
    return events::prune(tx, {.before = now - keep, .abandoned_before = now - 2 * keep});
  });
  co_await prune_all(*database_, scope, "audit entries",
                     [keep = days_of(settings.retention_audit)](db::Tx& tx) { return identity::prune_audit(tx, keep); });
  co_await prune_all(*database_, scope, "replies to repeated requests", [](db::Tx& tx) { return api::prune_replies(tx); });
  co_await prune_all(*database_, scope, "login sessions", [](db::Tx& tx) { return identity::prune_login_sessions(tx); });
  const store::Retention retention{.scans = days_of(settings.retention_scans),
                                   .screenshots = days_of(settings.retention_screenshots)};
  auto pruned = co_await store_->run(
      scope, [retention](store::Store& store) { return store.prune_blocking(retention, store::PruneMode::apply); });
  if (!pruned && !scope.is_cancelled()) LOG_WARNING("upkeep", "cannot remove old scans: {}", pruned.error().describe());
  if (pruned && pruned->scans > 0) LOG_INFO("upkeep", "removed {} old scans", pruned->scans);
  co_await prune_all(*database_, scope, "scan requests",
                     [before = now - settings.retention_scans](db::Tx& tx) { return store::prune_scan_requests(tx, before); });
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
    numbers.schedules_off = counts.disabled + counts.paused;
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
    const SteadyInstant last_round(std::chrono::milliseconds(fires_->metrics().last_round_ms));
    const auto silent = clock_.steady_now() - std::max(last_round, fires_started_at_);
    std::string trouble;
    if (silent > k_silence_max)
      trouble =
          fmt::format("no round has gone well for {}", format_duration(std::chrono::floor<std::chrono::milliseconds>(silent)));
    else if (lag > k_lag_max)
      trouble = fmt::format("the oldest due fire is {} late", format_duration(lag));
    health.push_back({.name = "scheduler",
                      .state = trouble.empty() ? HealthState::healthy : HealthState::degraded,
                      .detail = trouble,
                      .checked_at = now});
  }
  if (worker_) {
    health.push_back({.name = "browser",
                      .state = runner_->has_browser() ? HealthState::healthy : HealthState::degraded,
                      .detail = runner_->has_browser() ? fmt::format("{} scans run", worker_->metrics().running.load())
                                                       : "it has ended; the next scan starts another",
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

}  // namespace gannet::app
