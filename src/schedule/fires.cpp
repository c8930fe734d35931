#include "schedule/fires.hpp"

#include <map>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "events/events.hpp"
#include "queue/queue.hpp"
#include "schedule/impl/fire_rows.hpp"
#include "schedule/impl/schedule_rows.hpp"

namespace gannet::schedule {

namespace json = boost::json;

namespace {

/// A request's name; longer ones are mistakes.
constexpr std::size_t k_request_key_bytes_max = 200;

/// Ids of jobs sort by the time that decides, as all others do.
class InstantClock final : public Clock {
 public:
  explicit InstantClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }
  SteadyInstant steady_now() const override { return SteadyInstant(now_.time_since_epoch()); }

 private:
  const Instant now_;
};

/// FNV-1a over the id: always the same part of the jitter for one schedule, spread evenly over many.
std::chrono::milliseconds jitter_of(ScheduleId id, std::int64_t jitter_seconds) {
  if (jitter_seconds == 0) return {};
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto byte : id.uuid().bytes()) hash = (hash ^ byte) * 0x100000001b3;
  return std::chrono::milliseconds(hash % (std::uint64_t(jitter_seconds) * 1000 + 1));
}

std::string make_payload(const FireRef& fire) {
  return fmt::format(R"({{"schedule_id":"{}","fire_at":{},"kind":"{}"}})", fire.schedule_id.to_string(),
                     fire.fire_at.time_since_epoch().count(), to_string(fire.kind));
}

queue::NewJob make_job(const Schedule& schedule, const Rules& rules, const FireRef& fire, JobId id) {
  queue::NewJob job;
  job.id = id;
  job.queue = k_job_queue;
  job.kind = k_job_kind;
  job.payload = make_payload(fire);
  job.organisation = schedule.organisation_id;
  job.priority = int(schedule.fields.priority);
  if (fire.kind == FireKind::cron && schedule.fields.jitter_seconds > 0)
    job.run_at = fire.fire_at + jitter_of(schedule.schedule_id, schedule.fields.jitter_seconds);
  if (rules.policy.overlap != OverlapPolicy::allow) {
    job.concurrency_key = "schedule:" + schedule.schedule_id.to_string();
    job.concurrency_limit = rules.policy.instances_max;
  }
  job.attempts_max = rules.attempts_max;
  job.timeout = rules.timeout;
  return job;
}

events::NewEvent make_event(const queue::NewJob& job, const FireRef& fire) {
  return {
      .topic = "scan.scheduled",
      .key = fire.schedule_id.to_string(),
      .organisation = job.organisation,
      .payload = fmt::format(R"({{"schedule_id":"{}","fire_at":"{}","kind":"{}","job_id":"{}"}})", fire.schedule_id.to_string(),
                             format_instant(fire.fire_at), to_string(fire.kind), job.id.to_string())};
}

Result<void> cancel_active(db::Tx& tx, ScheduleId id) {
  const auto jobs =
      TRY(tx.query<JobId>("SELECT job_id FROM fires WHERE schedule_id = $1 AND state IN ('queued', 'running')", id));
  for (const auto job : jobs) {
    const auto cancelled = queue::cancel(tx, job, "a later fire of its schedule is due");
    if (!cancelled && cancelled.error().kind() != ErrorKind::not_found) return cancelled;
  }
  TRY(tx.execute("UPDATE fires SET state = 'ended', reason = 'superseded' WHERE schedule_id = $1 AND state = 'queued'", id));
  return {};
}

/// One batch of fire_due(), gathered before any of it is written.
struct Batch {
  std::vector<impl::NewFire> fires;
  std::vector<impl::Advance> advances;
  std::map<JobId, queue::NewJob> jobs;
};

Result<void> plan_schedule(db::Tx& tx, const Schedule& schedule, const Defaults& defaults, Batch& batch, std::int64_t active,
                           Instant now, Random& random) {
  const auto rules = parse_rules(schedule.fields, defaults);
  if (!rules) {
    // Only a setting that has changed can bring this about: the row was checked when it was written.
    TRY(tx.execute("UPDATE schedules SET is_stale = true WHERE schedule_id = $1", schedule.schedule_id));
    return {};
  }
  const auto cursor = schedule.cursor_at.value_or(now);
  const auto plan =
      plan_fires(rules->spec, rules->blackouts, rules->policy, {.cursor = cursor, .now = now, .active = int(active)});
  if (plan.cancels_active) TRY(cancel_active(tx, schedule.schedule_id));
  const InstantClock clock(now);
  for (const auto& decision : plan.decisions) {
    const FireRef ref{schedule.schedule_id, decision.until.value_or(decision.at), FireKind::cron};
    impl::NewFire fire{.ref = ref,
                       .skipped = decision.skipped,
                       .from = decision.until ? std::optional(decision.at) : std::nullopt,
                       .schedule_version = schedule.version,
                       .job = {},
                       .organisation = schedule.organisation_id};
    if (!decision.skipped) {
      fire.job = JobId::make(clock, random);
      batch.jobs.emplace(fire.job, make_job(schedule, *rules, ref, fire.job));
    }
    batch.fires.push_back(fire);
  }
  batch.advances.push_back({.id = schedule.schedule_id,
                            .version = schedule.version,
                            .cursor_before = schedule.cursor_at,
                            .cursor = now,
                            .next_run = rules->spec.next_after(now)});
  return {};
}

Result<FireReport> write(db::Tx& tx, Batch& batch, Instant now) {
  FireReport report{.schedules = std::int64_t(batch.advances.size())};
  const auto decided = std::int64_t(batch.fires.size());
  report.repeated = TRY(impl::insert_fires(tx, batch.fires, now));
  std::vector<queue::NewJob> jobs;
  std::vector<events::NewEvent> made;
  for (const auto& fire : batch.fires) {
    if (fire.skipped) continue;
    jobs.push_back(std::move(batch.jobs.at(fire.job)));
    made.push_back(make_event(jobs.back(), fire.ref));
  }
  report.fired = std::int64_t(jobs.size());
  report.skipped = decided - report.repeated - report.fired;
  TRY(queue::enqueue_all(tx, jobs));
  TRY(events::append_all(tx, made));
  const auto advanced = TRY(impl::advance_schedules(tx, batch.advances));
  if (advanced != report.schedules)
    return fail(ErrorKind::conflict, "{} of {} schedules changed while they were locked", report.schedules - advanced,
                report.schedules);
  return report;
}

/// Inserts one fire that somebody asked for, with its job; false where there is one already.
struct AskedFire {
  FireRef ref;
  std::optional<std::string> request_key;
  std::optional<std::string> created_by;
};
Result<bool> insert_asked(db::Tx& tx, const Schedule& schedule, const Rules& rules, const AskedFire& asked, Instant now,
                          Random& random) {
  const auto job = JobId::make(InstantClock(now), random);
  const auto inserted =
      TRY(tx.execute("INSERT INTO fires (schedule_id, fire_at, kind, state, schedule_version, job_id, organisation_id, "
                     "created_by, request_key, created_at)"
                     " VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
                     asked.ref.schedule_id, asked.ref.fire_at, to_string(asked.ref.kind), schedule.version, job,
                     schedule.organisation_id, asked.created_by, asked.request_key, now));
  if (inserted == 0) return false;
  const auto made = make_job(schedule, rules, asked.ref, job);
  TRY(queue::enqueue(tx, made));
  TRY(events::append(tx, make_event(made, asked.ref)));
  return true;
}

}  // namespace

std::string_view to_string(FireKind kind) {
  switch (kind) {
    case FireKind::cron: return "cron";
    case FireKind::manual: return "manual";
    case FireKind::backfill: return "backfill";
  }
  return "";
}

Result<FireRef> parse_job_payload(std::string_view payload) {
  const auto refuse = [] { return fail(ErrorKind::invalid, "the payload is not that of a {} job", k_job_kind); };
  boost::system::error_code error;
  const auto value = json::parse(payload, error);
  const auto* object = value.if_object();
  if (error || !object) return refuse();
  const auto* id = object->if_contains("schedule_id");
  const auto* at = object->if_contains("fire_at");
  const auto* kind = object->if_contains("kind");
  if (!id || !id->is_string() || !at || !at->is_int64() || !kind || !kind->is_string()) return refuse();
  FireRef fire{.schedule_id = TRY(ScheduleId::parse(id->get_string())),
               .fire_at = Instant(std::chrono::microseconds(at->get_int64()))};
  for (const auto known : {FireKind::cron, FireKind::manual, FireKind::backfill}) {
    if (std::string_view(kind->get_string()) != to_string(known)) continue;
    fire.kind = known;
    return fire;
  }
  return refuse();
}

Result<FireReport> fire_due(db::Tx& tx, const Defaults& defaults, Random& random, int limit) {
  const auto now = TRY(impl::load_now(tx));
  const auto sql = fmt::format(
      "SELECT {} FROM schedules WHERE enabled AND paused_at IS NULL AND NOT is_stale AND next_run <= $1"
      " ORDER BY next_run LIMIT $2{}",
      impl::k_columns, tx.dialect() == db::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "");
  const auto due = TRY(tx.query<Schedule>(sql, now, limit));
  if (due.empty()) return FireReport{};
  // Only after the rows are locked, so that what others committed until then is counted.
  std::vector<ScheduleId> ids;
  for (const auto& schedule : due) ids.push_back(schedule.schedule_id);
  std::map<ScheduleId, std::int64_t> active;
  for (const auto& count : TRY(impl::count_active(tx, ids))) active.emplace(count.id, count.count);
  Batch batch;
  for (const auto& schedule : due) TRY(plan_schedule(tx, schedule, defaults, batch, active[schedule.schedule_id], now, random));
  auto report = TRY(write(tx, batch, now));
  report.is_full = int(due.size()) == limit;
  return report;
}

Result<std::optional<Instant>> find_next_due(db::Tx& tx) {
  return tx.query_one<Instant>(
      "SELECT next_run FROM schedules WHERE enabled AND paused_at IS NULL AND NOT is_stale AND next_run IS NOT NULL"
      " ORDER BY next_run LIMIT 1");
}

Result<FireRef> run_now(db::Tx& tx, OrganisationId organisation, const ManualFire& fire, const Defaults& defaults,
                        Random& random) {
  if (fire.request_key.empty() || fire.request_key.size() > k_request_key_bytes_max)
    return fail(ErrorKind::invalid, "the request key has {} characters; right would be 1 to {}", fire.request_key.size(),
                k_request_key_bytes_max);
  const auto schedule = TRY(impl::lock_schedule(tx, organisation, fire.id));
  const auto rules = TRY(parse_rules(schedule.fields, defaults));
  const auto find = [&] {
    return tx.query_one<Instant>("SELECT fire_at FROM fires WHERE schedule_id = $1 AND request_key = $2", fire.id,
                                 fire.request_key);
  };
  if (const auto made = TRY(find())) return FireRef{fire.id, *made, FireKind::manual};
  const auto now = TRY(impl::load_now(tx));
  // Two requests of one microsecond are two fires.
  for (auto at = now;; at += std::chrono::microseconds(1)) {
    const AskedFire asked{{fire.id, at, FireKind::manual}, fire.request_key, fire.created_by};
    if (TRY(insert_asked(tx, schedule, rules, asked, now, random))) return asked.ref;
  }
}

Result<std::int64_t> backfill(db::Tx& tx, OrganisationId organisation, const Backfill& range, const Defaults& defaults,
                              Random& random) {
  const auto schedule = TRY(impl::lock_schedule(tx, organisation, range.id));
  const auto rules = TRY(parse_rules(schedule.fields, defaults));
  const auto now = TRY(impl::load_now(tx));
  if (range.until < range.from || range.until > now)
    return fail(ErrorKind::invalid,
                "the range is from {} until {}; right would be one that ends neither before it begins nor after now",
                format_instant(range.from), format_instant(range.until));
  std::vector<Instant> due;
  for (auto at = rules.spec.next_after(range.from - std::chrono::microseconds(1)); at && *at <= range.until;
       at = rules.spec.next_after(*at)) {
    if (due.size() == k_backfill_max)
      return fail(ErrorKind::exhausted, "the range has more than {} due times; right would be a shorter one", k_backfill_max);
    due.push_back(*at);
  }
  std::int64_t queued = 0;
  for (const auto at : due) {
    const auto was_run = TRY(tx.query_one<std::int64_t>(
        "SELECT count(*) FROM fires WHERE schedule_id = $1 AND fire_at = $2 AND state <> 'skipped'", range.id, at));
    if (was_run != 0) continue;
    if (TRY(insert_asked(tx, schedule, rules, {{range.id, at, FireKind::backfill}, std::nullopt, range.created_by}, now, random)))
      ++queued;
  }
  return queued;
}

Result<std::vector<Fire>> list_fires(db::Tx& tx, OrganisationId organisation, ScheduleId id, PageRequest page) {
  return tx.query<Fire>(
      "SELECT schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, created_by, created_at FROM fires"
      " WHERE schedule_id = $1 AND organisation_id = $2 ORDER BY fire_at DESC, kind LIMIT $3 OFFSET $4",
      id, organisation, page.limit, page.offset);
}

Result<std::int64_t> prune_fires(db::Tx& tx, Instant before, int limit) {
  return tx.execute(
      "DELETE FROM fires WHERE (schedule_id, fire_at, kind) IN (SELECT schedule_id, fire_at, kind FROM fires"
      " WHERE created_at < $1 AND state IN ('ended', 'skipped') LIMIT $2)",
      before, limit);
}

}  // namespace gannet::schedule
