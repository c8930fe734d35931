#include "app/scan_jobs.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "events/events.hpp"
#include "scan/params.hpp"
#include "site/domain.hpp"
#include "site/profile.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
using record::ScanStatus;

namespace {

/// For what must be done although the scan's own time is over.
constexpr auto k_accept_limit = 60s;
constexpr auto k_progress_interval = 1s;

schedule::RunEnd end_of(ScanStatus status) {
  switch (status) {
    case ScanStatus::success: return schedule::RunEnd::success;
    case ScanStatus::partial: return schedule::RunEnd::partial;
    // The engine has tried each page as often as it was told to.
    case ScanStatus::failed: return schedule::RunEnd::failed_for_good;
    case ScanStatus::cancelled: return schedule::RunEnd::cancelled;
  }
  return schedule::RunEnd::failed_for_good;
}

ScanStatus status_of(schedule::ExecutionStatus status) {
  switch (status) {
    case schedule::ExecutionStatus::success: return ScanStatus::success;
    case schedule::ExecutionStatus::partial: return ScanStatus::partial;
    case schedule::ExecutionStatus::cancelled: return ScanStatus::cancelled;
    case schedule::ExecutionStatus::started:
    case schedule::ExecutionStatus::failed: return ScanStatus::failed;
  }
  return ScanStatus::failed;
}

std::string progress_json(const scan::Progress& progress) {
  const auto percentage = progress.visits_total == 0 ? 0.0 : 100.0 * double(progress.visits_done) / double(progress.visits_total);
  return boost::json::serialize(boost::json::object{{"visits_done", progress.visits_done},
                                                    {"visits_total", progress.visits_total},
                                                    {"percentage", std::round(percentage * 10) / 10},
                                                    {"current_page", progress.url},
                                                    {"state", record::to_string(progress.state)}});
}

std::string completed_event(const store::ScanRequest& request, ScanStatus status, std::string_view reason) {
  boost::json::object event{{"scan_id", request.id.to_string()},
                            {"domain", request.domain},
                            {"domain_config_id", request.site.to_string()},
                            {"status", record::to_string(status)},
                            {"reason", reason}};
  if (request.schedule) event["schedule_id"] = request.schedule->to_string();
  return boost::json::serialize(event);
}

/// Ends the request and says so in the event log.
Result<void> end_request(db::Tx& tx, const store::ScanRequest& request, ScanStatus status, std::string_view reason) {
  TRY(store::end_scan_request(tx, request.id, status, reason));
  return events::append(tx, {.topic = "scan.completed",
                             .key = request.domain,
                             .organisation = request.organisation,
                             .payload = completed_event(request, status, reason)});
}

}  // namespace

/// What is to be scanned, for whom, and, for a fire, the run that its history shows.
struct ScanJobs::Begun {
  store::ScanRequest request;
  std::optional<schedule::StartedExecution> execution = std::nullopt;
  scan::ScanParams params = {};
  /// For a bare host: tried where nobody is at the start URL.
  std::optional<std::string> fallback_url = std::nullopt;
  /// Why it cannot be scanned, whoever tries.
  std::string refusal = {};
};

/// The latest progress of a scan that has not been written yet.
struct ScanJobs::Reporter {
  queue::Claim claim;
  std::optional<std::string> latest = std::nullopt;
  bool is_writing = false;
};

namespace {

/// The request of a fire: made with the first attempt.
Result<store::ScanRequest> request_of(const schedule::Schedule& schedule, ScanId id, std::string params) {
  const auto& fields = schedule.fields;
  const auto domain = TRY(site::normalise_domain(fields.start_url.value_or(fields.domain)));
  return store::ScanRequest{.id = id,
                            .organisation = schedule.organisation_id,
                            .site = fields.domain_config_id,
                            .domain = fields.domain,
                            .start_url = domain.start_url,
                            .scan_type = fields.scan_type,
                            .params = std::move(params),
                            .profile = fields.profile_id,
                            .schedule = schedule.schedule_id,
                            .requested_by = "schedule"};
}

}  // namespace

ScanJobs::ScanJobs(aio::Executor executor, Parts parts) : executor_(executor), parts_(std::move(parts)), group_(executor) {}

void ScanJobs::add_to(queue::Worker& worker) {
  for (const auto kind : {std::string_view("scan"), schedule::k_job_kind})
    worker.add_handler(std::string(kind), [this](aio::Scope scope, queue::JobRun& job) { return run(std::move(scope), job); });
}

aio::Task<void> ScanJobs::stop() { co_await group_.stop(); }

aio::Task<Result<queue::HandlerResult>> ScanJobs::run(aio::Scope scope, queue::JobRun& run) {
  const auto claim = run.claim();
  auto begun = co_await begin(scope, claim);
  if (!begun) {
    if (begun.error().kind() != ErrorKind::not_found) co_return pass(begun);
    co_return queue::HandlerResult(queue::Outcome(queue::Cancelled{begun.error().describe()}));
  }
  std::optional<coordination::HeldLock> lock;
  if (begun->execution) {
    const auto key = coordination::schedule_lock_key(begun->execution->schedule.schedule_id);
    lock = co_await parts_.coordination.lock(scope, key, {.ttl = parts_.lock_timeout, .wait_max = parts_.lock_timeout});
    if (!lock) {
      ++counters_.lock_failures;
      LOG_WARNING("scheduler", "Failed to acquire distributed lock {} within {}; the database decides, and this run goes on", key,
                  format_duration(parts_.lock_timeout));
    }
  }
  const auto began = parts_.clock.steady_now();
  auto seen = co_await scan(scope, *begun, run);
  if (lock) co_await lock->release();
  if (seen->record.status == ScanStatus::cancelled && !co_await is_cancel_requested(claim))
    co_return co_await give_back(claim, std::move(*begun));
  const auto status = seen->record.status;
  const auto name = begun->request.domain;
  auto ended = co_await accept(claim, std::move(*begun), std::move(seen));
  if (!ended) co_return pass(ended);
  const auto seconds = std::chrono::duration<double>(parts_.clock.steady_now() - began).count();
  ++counters_.ended_by_status[std::string(record::to_string(status))];
  counters_.seconds_total += seconds;
  for (auto& [bound, count] : counters_.ended_within)
    if (seconds <= bound) ++count;
  LOG_INFO("scheduler", "scan {} of {} ended: {} after {:.1f} s", claim.job.to_string(), name, record::to_string(status),
           seconds);
  co_return ended;
}

aio::Task<Result<ScanJobs::Begun>> ScanJobs::begin(aio::Scope scope, queue::Claim claim) {
  const auto* clock = &parts_.clock;
  auto* random = &parts_.random;
  auto begun = co_await parts_.database.write(scope, [claim, clock, random](db::Tx& tx) -> Result<Begun> {
    const ScanId id(claim.job.uuid());
    Begun begun;
    auto known = TRY(store::find_scan_request(tx, id));
    if (claim.kind == schedule::k_job_kind) {
      begun.execution = TRY(schedule::start_execution(tx, claim, *clock, *random));
      const auto& schedule = begun.execution->schedule;
      if (!known) {
        auto params =
            site::effective_params(tx, schedule.organisation_id, schedule.fields.profile_id, schedule.fields.scan_params);
        auto request = request_of(schedule, id, params ? *params : "{}");
        if (!request) return pass(request);
        if (!params) begun.refusal = params.error().describe();
        TRY(store::create_scan_request(tx, *request));
        known = TRY(store::find_scan_request(tx, id));
      }
    }
    if (!known) return fail(ErrorKind::not_found, "scan {} was deleted", id.to_string());
    begun.request = std::move(known->request);
    TRY(store::start_scan_request(tx, id));
    return begun;
  });
  if (!begun || !begun->refusal.empty()) co_return begun;
  if (begun->request.scan_type == "deep") {
    begun->refusal = "deep scans are not built yet: this version of Gannet visits a start page and up to 50 custom pages (quick)";
    co_return begun;
  }
  auto params = scan::parse_scan_params(begun->request.params);
  if (params)
    begun->params = std::move(*params);
  else
    begun->refusal = std::move(params.error()).with_context("scan_params").describe();
  // A start URL that was written in full has no other.
  if (const auto domain = site::normalise_domain(begun->request.domain); domain && domain->start_url == begun->request.start_url)
    begun->fallback_url = domain->fallback_url;
  co_return begun;
}

aio::Task<std::shared_ptr<Seen>> ScanJobs::scan(aio::Scope scope, const Begun& begun, queue::JobRun& run) {
  if (!begun.refusal.empty()) {
    auto seen = std::make_shared<Seen>();
    seen->record.id = begun.request.id;
    seen->record.url = parts_.runner.redactor().url(begun.request.start_url);
    seen->record.reason = begun.refusal;
    seen->record.started_at = seen->record.ended_at = parts_.clock.now();
    co_return seen;
  }
  auto reporter = std::make_shared<Reporter>(Reporter{.claim = run.claim()});
  const auto report = [this, reporter](const scan::Progress& progress) {
    reporter->latest = progress_json(progress);
    if (std::exchange(reporter->is_writing, true)) return;
    group_.spawn(write_progress(reporter), "progress of a scan");
  };
  auto seen = co_await parts_.runner.scan(scope, {.id = begun.request.id, .url = begun.request.start_url, .params = begun.params},
                                          report);
  if (seen->record.status == ScanStatus::failed && begun.fallback_url && scope.check()) {
    run.log(parts_.clock.now(), fmt::format("{}; trying {}", seen->record.reason, *begun.fallback_url));
    auto second =
        co_await parts_.runner.scan(scope, {.id = begun.request.id, .url = *begun.fallback_url, .params = begun.params}, report);
    if (second->record.status != ScanStatus::failed) co_return second;
  }
  co_return seen;
}

aio::Task<void> ScanJobs::write_progress(std::shared_ptr<Reporter> reporter) {
  const auto scope = group_.scope();
  while (reporter->latest && scope.check()) {
    const auto text = *std::exchange(reporter->latest, std::nullopt);
    auto written = co_await parts_.database.write(
        scope.within(10s), [reporter, text](db::Tx& tx) { return queue::report_progress(tx, reporter->claim, text); });
    // Fenced, or the database is away: progress is for those who watch, and the next one may succeed.
    if (!written) LOG_DEBUG("scheduler", "progress of {}: {}", reporter->claim.job.to_string(), written.error().describe());
    (void)co_await aio::sleep(executor_, scope, k_progress_interval);
  }
  reporter->is_writing = false;
}

aio::Task<bool> ScanJobs::is_cancel_requested(queue::Claim claim) {
  const auto scope = aio::Scope::background().within(k_accept_limit);
  auto requests = co_await parts_.database.read(
      scope, [worker = claim.worker](db::Tx& tx) { return queue::list_cancel_requests(tx, worker); });
  co_return requests&& std::ranges::any_of(*requests,
                                           [&](const queue::CancelRequest& request) { return request.job == claim.job; });
}

/// The worker stops: whoever takes the job next begins anew.
aio::Task<Result<queue::HandlerResult>> ScanJobs::give_back(queue::Claim claim, Begun begun) {
  if (!begun.execution) co_return queue::HandlerResult(queue::Outcome(queue::Released{}));
  auto* random = &parts_.random;
  auto ended = co_await parts_.database.write(
      aio::Scope::background().within(k_accept_limit), [claim, id = begun.execution->id, random](db::Tx& tx) {
        return schedule::finish_execution(tx, claim, id, {.end = schedule::RunEnd::interrupted}, *random);
      });
  if (!ended) co_return pass(ended);
  co_return queue::HandlerResult(queue::FinishedByHandler{});
}

aio::Task<Result<queue::HandlerResult>> ScanJobs::accept(queue::Claim claim, Begun begun, std::shared_ptr<Seen> seen) {
  auto* random = &parts_.random;
  const auto also = [claim, begun, seen, random](db::Tx& tx) -> Result<void> {
    auto status = seen->record.status;
    if (begun.execution) {
      const std::optional<std::string> error = seen->record.reason.empty() ? std::nullopt : std::optional(seen->record.reason);
      status = status_of(
          TRY(schedule::finish_execution(tx, claim, begun.execution->id,
                                         {.end = end_of(status), .scan_id = begun.request.id, .error_message = error}, *random)));
    } else {
      TRY(queue::finish(tx, claim,
                        status == ScanStatus::cancelled ? queue::Outcome(queue::Cancelled{seen->record.reason})
                                                        : queue::Outcome(queue::Succeeded{}),
                        *random));
    }
    return end_request(tx, begun.request, status, seen->record.reason);
  };
  const auto* clock = &parts_.clock;
  auto saved = co_await parts_.store.run(aio::Scope::background().within(k_accept_limit),
                                         [seen, judge = parts_.judge, clock, also](store::Store& store) {
                                           seen->extras.judgement = judge->judgement_of(judge->judge(seen->record), clock->now());
                                           return store.save_scan_blocking(seen->record, seen->extras, also);
                                         });
  if (!saved) co_return pass(saved);
  co_return queue::HandlerResult(queue::FinishedByHandler{});
}

Result<std::int64_t> end_abandoned_scans(db::Tx& tx, int limit) {
  std::int64_t ended = 0;
  for (const auto& request : TRY(store::list_open_scan_requests(tx, limit))) {
    const auto job = TRY(queue::find_job(tx, JobId(request.id.uuid())));
    if (job && (job->state == queue::JobState::available || job->state == queue::JobState::running)) continue;
    const bool is_cancelled = job && job->state == queue::JobState::cancelled;
    TRY(end_request(tx, request, is_cancelled ? ScanStatus::cancelled : ScanStatus::failed,
                    job && job->error ? *job->error : "its job is gone"));
    ++ended;
  }
  return ended;
}

}  // namespace gannet::app
