#include "schedule/simulation_for_test.hpp"

#include <algorithm>

#include "events/migrations.hpp"
#include "queue/migrations.hpp"

namespace gannet::schedule {

using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const OrganisationId k_organisation = OrganisationId::parse("c383e082-c957-5d44-8307-64f667cb0347").value();
constexpr int k_instances = 3;
constexpr const char* k_expressions[] = {"* * * * *",  "*/5 * * * *",   "*/7 8-18 * * *",  "0 * * * *",
                                         "30 2 * * *", "15,45 * * * *", "0 9 * * MON-FRI", "*/20 * * * * *"};
constexpr const char* k_zones[] = {"UTC", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Cairo"};
constexpr const char* k_misfire[] = {"latest", "earliest", "skip", "window", "all"};
constexpr const char* k_overlap[] = {"skip", "queue", "cancel", "allow"};
/// Of an engine in calm: between two rounds, and how many of them there are between two looks at what was changed straight in
/// SQL.
constexpr seconds k_poll_interval(20);
constexpr int k_rounds_per_check = 6;
/// Two nights before clocks change in Europe.
constexpr const char* k_begin = "2026-10-24T20:00:00Z";

}  // namespace

Simulation::Simulation(SimulationOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      clock_(parse_instant(k_begin).value()),
      data_(options_.engine, clock_) {
  faults_.mutations = options_.mutations;
  for (int i = 0; i < k_instances; ++i)
    instances_.push_back(std::make_unique<FaultyConnection>(data_.driver()->connect(db::Access::write).value(), faults_));
  // Power cuts are not simulated, and thousands of transactions need not wait for the disk.
  if (options_.engine == db::Dialect::sqlite)
    for (auto& instance : instances_) instance->execute_script("PRAGMA synchronous = OFF").value();
  for (const auto& all : {migrations(), queue::migrations(), events::migrations()})
    for (const auto& migration : all)
      transact([&](db::Tx& tx) {
        return tx.execute_script(options_.engine == db::Dialect::sqlite ? migration.sqlite : migration.postgres);
      }).value();
}

/// One transaction of a random instance, with whatever fault is due in it.
template <class Work>
auto Simulation::transact(Work work) -> std::invoke_result_t<Work&, db::Tx&> {
  auto& connection = *instances_[pick(instances_.size())];
  if (auto begun = connection.begin(); !begun) return std::unexpected(begun.error());
  db::Tx tx(connection);
  auto result = work(tx);
  if (!result) {
    connection.roll_back();
  } else if (auto committed = connection.commit(); !committed) {
    result = std::unexpected(committed.error());
  }
  // Whoever died is started again.
  clear_faults();
  return result;
}

void Simulation::clear_faults() {
  faults_.statements_left.reset();
  faults_.is_commit_reply_lost = false;
  faults_.is_due_list_stale = false;
}

template <class Work>
auto Simulation::demand(Work work) {
  clear_faults();
  auto result = transact(std::move(work));
  using Value = typename decltype(result)::value_type;
  if (result) return std::move(*result);
  violate("I9: without a fault, a transaction fails: " + result.error().describe());
  return Value{};
}

void Simulation::violate(std::string what) {
  if (result_.violations.size() < 10) result_.violations.push_back(std::move(what));
}

void Simulation::make_schedules() {
  for (const char* expression : k_expressions) {
    ScheduleFields fields{.domain_config_id = SiteId::make(clock_, random_),
                          .domain = "https://example.com",
                          .frequency = "custom",
                          .time_config = fmt::format(R"({{"cron":"{}"}})", expression),
                          .timezone = k_zones[pick(std::size(k_zones))],
                          .misfire_policy = k_misfire[pick(std::size(k_misfire))],
                          .overlap_policy = k_overlap[pick(std::size(k_overlap))]};
    fields.misfire_max = 3;
    fields.attempts_max = 3;
    const auto made = transact([&](db::Tx& tx) {
                        return create_schedule(tx, {k_organisation, fields, {}}, defaults_, clock_, random_);
                      }).value();
    known_.push_back(
        {made.schedule_id, made.version, parse_rules(made.fields, defaults_)->spec, *made.cursor_at, *made.cursor_at});
  }
}

SimulationResult Simulation::run() {
  make_schedules();
  for (int i = 0; i < options_.steps && result_.violations.empty(); ++i) step();
  come_to_rest();
  run_in_calm();
  come_to_rest();
  if (result_.violations.empty()) check_at_rest();
  for (const auto& [name, count] : faults_.hits) result_.hits[name] += count;
  return std::move(result_);
}

void Simulation::step() {
  move_clock();
  inject_fault();
  switch (pick(13)) {
    case 0:
    case 1:
    case 2:
    case 3: fire(); break;
    case 4:
    case 5: begin_scan(); break;
    case 6:
    case 7: end_scan(); break;
    case 8: rescue(); break;
    case 9: edit(); break;
    case 10: pause_or_resume(); break;
    case 11: refresh(); break;
    default: pick(3) == 0 ? restore_backup() : ask(); break;
  }
  observe();
}

void Simulation::inject_fault() {
  switch (pick(8)) {
    case 0: faults_.statements_left = int(pick(12)); break;
    case 1: faults_.is_commit_reply_lost = true; break;
    case 2: faults_.is_due_list_stale = true; break;
    default: break;
  }
}

void Simulation::move_clock() {
  const auto die = pick(100);
  if (die < 3) {
    ++result_.hits["long outage"];
    clock_.advance(minutes(pick(1200)));
  } else if (die < 6) {
    ++result_.hits["clock stepped back"];
    clock_.advance(-std::chrono::duration_cast<Duration>(seconds(pick(300))));
  } else {
    clock_.advance(Duration(pick(240'000) + 1));
  }
}

void Simulation::fire() {
  const auto before = clock_.now();
  const auto report = transact([&](db::Tx& tx) { return fire_due(tx, defaults_, random_, 1 + int(pick(20))); });
  if (!report) return;
  ++result_.hits["fired"];
  if (report->repeated > 0 && !was_restored_) violate(fmt::format("I1: {} due times were decided on twice", report->repeated));
  // What has just been made is of the rule that holds now: `known_` is as of the last step.
  struct Made {
    ScheduleId id;
    Instant at;
    std::int64_t version;
    auto columns() { return std::tie(id, at, version); }
  };
  const auto made = transact([&](db::Tx& tx) {
    return tx.query<Made>(
        "SELECT schedule_id, fire_at, schedule_version FROM fires WHERE kind = 'cron' AND created_at = $1 AND reason IS NULL",
        before);
  });
  if (!made) return;
  for (const auto& fire : *made) {
    const auto known = std::ranges::find(known_, fire.id, &Known::id);
    if (fire.at > before)
      violate(fmt::format("I3: a fire of {} was made at {}", format_instant(fire.at), format_instant(before)));
    if (fire.version != known->version)
      violate(fmt::format("I3: a fire of version {} was made under version {}", fire.version, known->version));
    if (known->spec.next_after(fire.at - std::chrono::microseconds(1)) != fire.at)
      violate(fmt::format("I3: {} is no due time of its schedule", format_instant(fire.at)));
  }
}

void Simulation::begin_scan() {
  const auto worker = queue::WorkerId::make(clock_, random_);
  auto claims = transact([&](db::Tx& tx) -> Result<std::vector<queue::Claim>> {
    TRY(queue::renew_worker(tx, worker, "simulated", seconds(60)));
    return queue::claim(tx, {.worker = worker, .queue = std::string(k_job_queue), .limit = 1 + int(pick(3))});
  });
  if (!claims) return;
  for (const auto& claim : *claims) {
    const auto started = transact([&](db::Tx& tx) { return start_execution(tx, claim, clock_, random_); });
    if (started) scans_.push_back({claim, started->id});
  }
}

void Simulation::end_scan() {
  if (scans_.empty()) return;
  const auto index = pick(scans_.size());
  const auto scan = scans_[index];
  const ExecutionEnd end{.end = RunEnd(pick(6)), .error_message = "simulated"};
  auto done = transact([&](db::Tx& tx) { return finish_execution(tx, scan.claim, scan.id, end, random_); });
  result_.hits[done ? "finished" : done.error().kind() == ErrorKind::conflict ? "fenced" : "finish failed"]++;
  // Where the reply was lost, or the process died, nobody will try again.
  scans_.erase(scans_.begin() + std::ptrdiff_t(index));
}

void Simulation::rescue() {
  const auto rescued = transact([&](db::Tx& tx) { return queue::rescue(tx, random_); });
  if (rescued && *rescued > 0) result_.hits["rescued"] += int(*rescued);
  if (pick(2) == 0) (void)transact([&](db::Tx& tx) { return reconcile(tx); });
}

void Simulation::edit() {
  const auto& known = known_[pick(known_.size())];
  if (pick(4) == 0) {
    const auto config = fmt::format(R"({{"cron":"{}"}})", k_expressions[pick(std::size(k_expressions))]);
    if (transact([&](db::Tx& tx) {
          return tx.execute("UPDATE schedules SET time_config = $2 WHERE schedule_id = $1", known.id, config);
        }))
      ++result_.hits["edited in SQL"];
    return;
  }
  const auto found = transact([&](db::Tx& tx) { return load_schedule(tx, k_organisation, known.id); });
  if (!found) return;
  auto fields = found->fields;
  fields.time_config = fmt::format(R"({{"cron":"{}"}})", k_expressions[pick(std::size(k_expressions))]);
  if (pick(4) == 0) fields.enabled = !fields.enabled;
  const auto edited =
      transact([&](db::Tx& tx) { return update_schedule(tx, k_organisation, {known.id, fields, found->version}, defaults_); });
  if (edited) ++result_.hits["edited"];
}

void Simulation::refresh() {
  const auto refreshed = transact([&](db::Tx& tx) { return refresh_stale(tx, defaults_, 1 + int(pick(4))); });
  if (refreshed) result_.hits["refreshed"] += int(*refreshed);
}

void Simulation::pause_or_resume() {
  const auto& known = known_[pick(known_.size())];
  if (pick(3) == 0) {
    if (transact([&](db::Tx& tx) { return pause_schedule(tx, k_organisation, known.id, "simulated", defaults_); }))
      ++result_.hits["paused"];
  } else if (transact([&](db::Tx& tx) { return resume_schedule(tx, k_organisation, known.id, defaults_); })) {
    ++result_.hits["resumed"];
  }
}

void Simulation::ask() {
  const auto& known = known_[pick(known_.size())];
  const auto key = fmt::format("request-{}", pick(40));
  if (pick(2) == 0) {
    if (transact([&](db::Tx& tx) { return run_now(tx, k_organisation, {known.id, key, {}}, defaults_, random_); }))
      ++result_.hits["asked"];
    return;
  }
  const auto until = clock_.now() - minutes(pick(60));
  const Backfill range{known.id, until - minutes(pick(30)), until, {}};
  if (transact([&](db::Tx& tx) { return backfill(tx, k_organisation, range, defaults_, random_); })) ++result_.hits["backfilled"];
}

/// The row of a schedule as it was a while ago, and the fires as they are: what a partial restore leaves.
void Simulation::restore_backup() {
  const auto& known = known_[pick(known_.size())];
  const auto back = clock_.now() - minutes(1 + pick(40));
  if (back < known.since) return;
  const auto done = transact([&](db::Tx& tx) {
    return tx.execute(
        "UPDATE schedules SET cursor_at = $2, next_run = $3 WHERE schedule_id = $1 AND next_run IS NOT NULL AND cursor_at > $2",
        known.id, back, known.spec.next_after(back));
  });
  if (done && *done == 0) return;
  // Also where the reply was lost: it may have taken effect.
  was_restored_ = true;
  ++result_.hits["backup restored"];
}

/// Looks at each schedule: where its rule has changed, all that was due by the old one must have been decided on.
void Simulation::observe() {
  for (auto& known : known_) {
    const auto row = demand([&](db::Tx& tx) { return load_schedule(tx, k_organisation, known.id); });
    if (!row.cursor_at) return;
    // A row that was changed in SQL and not looked at since may be changed again under the same version.
    const auto is_stale = demand([&](db::Tx& tx) {
      return tx.query_one<std::int64_t>("SELECT count(*) FROM schedules WHERE schedule_id = $1 AND is_stale", known.id);
    });
    if (row.version != known.version || is_stale == 1) {
      check_coverage(known, std::min(*row.cursor_at, std::max(*row.cursor_at, known.cursor)));
      known.spec = parse_rules(row.fields, defaults_)->spec;
      known.version = row.version;
      known.since = *row.cursor_at;
    }
    known.cursor = *row.cursor_at;
  }
}

void Simulation::check_coverage(const Known& known, Instant until) {
  struct Row {
    Instant at;
    std::optional<Instant> from;
    auto columns() { return std::tie(at, from); }
  };
  const auto rows = demand([&](db::Tx& tx) {
    return tx.query<Row>("SELECT fire_at, from_at FROM fires WHERE schedule_id = $1 AND kind = 'cron' ORDER BY fire_at",
                         known.id);
  });
  for (auto at = known.spec.next_after(known.since); at && *at <= until; at = known.spec.next_after(*at)) {
    const bool is_decided = std::ranges::any_of(
        rows, [&](const Row& row) { return row.at == *at || (row.from && *row.from <= *at && *at <= row.at); });
    if (!is_decided) violate(fmt::format("I2: nobody decided on {} of schedule {}", format_instant(*at), known.id.to_string()));
  }
}

/// Faults end; within bounds, all that is due is decided on, all that waits is run, and nothing is left over.
void Simulation::come_to_rest() {
  scans_.clear();
  for (int round = 0; round < 400 && result_.violations.empty(); ++round) {
    clock_.advance(seconds(90));
    if (round == 0)
      for (const auto& known : known_) {
        demand([&](db::Tx& tx) { return pause_schedule(tx, k_organisation, known.id, "rest", defaults_); });
        observe();
      }
    demand([&](db::Tx& tx) { return queue::rescue(tx, random_); });
    demand([&](db::Tx& tx) { return reconcile(tx); });
    run_all_jobs();
    const auto open = transact(
        [](db::Tx& tx) { return tx.query_one<std::int64_t>("SELECT count(*) FROM fires WHERE state IN ('queued', 'running')"); });
    if (open == 0) return;
  }
  violate("I9: fires are left that nobody ends");
}

void Simulation::run_all_jobs() {
  while (true) {
    begin_scan();
    if (scans_.empty()) return;
    for (const auto& scan : scans_) demand([&](db::Tx& tx) { return finish_execution(tx, scan.claim, scan.id, {}, random_); });
    scans_.clear();
  }
}

/// Nothing fails and nobody edits: each due time of a schedule that may fire is run before the next one, and not only written
/// off.
void Simulation::run_in_calm() {
  if (!result_.violations.empty()) return;
  for (const auto& known : known_) demand([&](db::Tx& tx) { return resume_schedule(tx, k_organisation, known.id, defaults_); });
  demand([&](db::Tx& tx) { return refresh_stale(tx, defaults_); });
  observe();
  const auto begin = clock_.now();
  for (int round = 1; round <= 5 * k_rounds_per_check; ++round) {
    clock_.advance(k_poll_interval);
    demand([&](db::Tx& tx) { return fire_due(tx, defaults_, random_); });
    if (round % k_rounds_per_check == 0) demand([&](db::Tx& tx) { return refresh_stale(tx, defaults_); });
    run_all_jobs();
  }
  for (const auto& known : known_) {
    if (!demand([&](db::Tx& tx) { return load_schedule(tx, k_organisation, known.id); }).fields.enabled) continue;
    // After the clock was set back, the cursor may be ahead of it.
    for (auto at = known.spec.next_after(std::max(begin, known.cursor)); at && *at <= clock_.now();
         at = known.spec.next_after(*at)) {
      const auto in_time = demand([&](db::Tx& tx) {
        return tx.query_one<std::int64_t>(
            "SELECT count(*) FROM fires WHERE schedule_id = $1 AND fire_at = $2 AND kind = 'cron' AND state = 'ended' AND "
            "created_at < $3",
            known.id, *at, *at + k_poll_interval);
      });
      if (in_time != 1)
        violate(fmt::format("I9: {} of schedule {} is not run in time, in calm", format_instant(*at), known.id.to_string()));
      ++result_.hits["run in calm"];
    }
  }
}

void Simulation::check_at_rest() {
  const auto count = [&](std::string_view sql) {
    return demand([&](db::Tx& tx) { return tx.query_one<std::int64_t>(sql); }).value_or(-1);
  };
  struct Rule {
    const char *name, *sql;
  };
  const Rule rules[] = {
      {"I1: a due time has two fires",
       "SELECT count(*) FROM (SELECT 1 FROM fires GROUP BY schedule_id, fire_at, kind HAVING count(*) > 1) AS twice"},
      {"I5: a fire has no job",
       "SELECT count(*) FROM fires WHERE state <> 'skipped' AND job_id NOT IN (SELECT id FROM jobs UNION ALL SELECT id FROM "
       "job_history)"},
      {"I5: a job has no fire",
       "SELECT count(*) FROM (SELECT id FROM jobs UNION ALL SELECT id FROM job_history) AS made WHERE id NOT IN"
       " (SELECT job_id FROM fires WHERE job_id IS NOT NULL)"},
      {"I6: a fire has two accepted results",
       "SELECT count(*) FROM (SELECT 1 FROM schedule_executions WHERE status IN ('success', 'partial')"
       " GROUP BY schedule_id, fire_at, fire_kind HAVING count(*) > 1) AS twice"},
      {"I6: a run that was given up was accepted",
       "SELECT count(*) FROM schedule_executions WHERE status = 'success' AND error_message LIKE 'the worker%'"},
      {"I9: a run is left started", "SELECT count(*) FROM schedule_executions WHERE status = 'started'"},
      {"I9: a job is left", "SELECT count(*) FROM jobs"}};
  for (const auto& rule : rules)
    if (const auto found = count(rule.sql); found > 0) violate(fmt::format("{}: {} times", rule.name, found));
  for (const auto& known : known_) {
    check_coverage(known, known.cursor);
    const auto row = demand([&](db::Tx& tx) { return resume_schedule(tx, k_organisation, known.id, defaults_); });
    if (row.fields.enabled && row.next_run != known.spec.next_after(*row.cursor_at))
      violate(fmt::format("I4: the next run of schedule {} is not the first due time after its cursor", known.id.to_string()));
  }
}

}  // namespace gannet::schedule
