// Schedules and their history from the command line, straight in the database: schedules, history, sync, doctor.
#include <algorithm>

#include <boost/json.hpp>

#include "api/schedule_text.hpp"
#include "app/commands.hpp"
#include "app/feed_source.hpp"
#include "app/installation_database.hpp"
#include "app/output.hpp"
#include "base/file.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "identity/organisations.hpp"
#include "schedule/doctor.hpp"
#include "schedule/executions.hpp"
#include "schedule/fires.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
namespace json = boost::json;
using schedule::Schedule;

namespace {

constexpr int k_found_something = 1;

json::value optional_text(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(); }
json::value optional_instant(const std::optional<Instant>& at) { return at ? json::value(format_instant(*at)) : json::value(); }

std::string instant_cell(const std::optional<Instant>& at) {
  return at ? format_instant(*at).substr(0, 16) + "Z" : std::string("-");
}

std::string list_text(const std::vector<Schedule>& schedules) {
  if (schedules.empty()) return "There are no schedules.\n";
  auto text = fmt::format("{:<36}  {:<5} {:<9} {:<8} {:<17}  {:<17}  {:<9}  {}\n", "schedule", "scan", "frequency", "state",
                          "next run", "last run", "last", "domain");
  for (const auto& schedule : schedules) {
    const auto* state = schedule.spec_error        ? "error"
                        : !schedule.fields.enabled ? "disabled"
                        : schedule.paused_at       ? "paused"
                                                   : "enabled";
    text +=
        fmt::format("{:<36}  {:<5} {:<9} {:<8} {:<17}  {:<17}  {:<9}  {}\n", schedule.schedule_id.to_string(),
                    schedule.fields.scan_type, schedule.fields.frequency, state, instant_cell(schedule.next_run),
                    instant_cell(schedule.last_run), schedule.last_status.value_or("-"), printable(schedule.fields.domain, 100));
  }
  return text;
}

Result<std::vector<Schedule>> load_all(db::Tx& tx, OrganisationId organisation) {
  std::vector<Schedule> all;
  for (;;) {
    auto page = TRY(schedule::list_schedules(tx, organisation, {}, {.limit = 500, .offset = std::int64_t(all.size())}));
    const bool is_last = page.schedules.size() < 500;
    std::ranges::move(page.schedules, std::back_inserter(all));
    if (is_last) return all;
  }
}

/// By the whole id or its start.
Result<ScheduleId> find_by_prefix(db::Tx& tx, OrganisationId organisation, const std::string& typed) {
  if (auto id = ScheduleId::parse(typed)) return *id;
  std::optional<ScheduleId> found;
  for (const auto& schedule : TRY(load_all(tx, organisation))) {
    if (!schedule.schedule_id.to_string().starts_with(to_lower(typed))) continue;
    if (found) return fail(ErrorKind::conflict, "several schedules begin with '{}'; type more of the id", printable(typed, 50));
    found = schedule.schedule_id;
  }
  if (!found)
    return fail(ErrorKind::not_found, "no schedule begins with '{}'; `gannet schedules list` shows all", printable(typed, 50));
  return *found;
}

/// An array, an export, or a page of the API that holds all.
Result<json::array> entries_of(json::value document) {
  if (document.is_array()) return std::move(document.as_array());
  if (!document.is_object()) return fail(ErrorKind::invalid, "it is neither an array of schedules nor an object that holds one");
  auto& object = document.as_object();
  auto* items = object.if_contains("items");
  if (!items) items = object.if_contains("schedules");
  if (!items || !items->is_array())
    return fail(ErrorKind::invalid, "it holds no list: 'items' (a page of the API) or 'schedules' (what export writes)");
  const auto* total = object.if_contains("total");
  if (total && total->is_int64() && total->as_int64() != std::int64_t(items->as_array().size()))
    return fail(ErrorKind::invalid,
                "it is one page of several: {} of {} schedules; use `gannet schedules export`, which writes all of them",
                items->as_array().size(), total->as_int64());
  return std::move(items->as_array());
}

struct ImportCounts {
  int created = 0;
  int there = 0;
};

/// All or none: one transaction. A schedule that is there already, by its id, stays as it is.
Result<ImportCounts> import_entries(db::Tx& tx, OrganisationId organisation, const json::array& entries,
                                    const schedule::Defaults& defaults, const Clock& clock, Random& random) {
  ImportCounts counts;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto where = fmt::format("schedule {}", i + 1);
    auto entry = api::parse_schedule_text(json::serialize(entries[i]), organisation);
    if (!entry) return pass(entry, where);
    if (entry->id && TRY(schedule::find_schedule(tx, organisation, *entry->id))) {
      ++counts.there;
      continue;
    }
    auto made = schedule::create_schedule(
        tx, {.organisation = organisation, .fields = std::move(entry->fields), .created_by = "import", .id = entry->id}, defaults,
        clock, random);
    if (!made) return pass(made, where);
    if (entry->pause_reason) TRY(schedule::pause_schedule(tx, organisation, made->schedule_id, *entry->pause_reason, defaults));
    ++counts.created;
  }
  return counts;
}

Result<std::string> run_action(db::Database& database, const SchedulesArguments& arguments) {
  using Action = SchedulesArguments::Action;
  const auto organisation = identity::organisation_id_of(arguments.organisation);
  const auto defaults = schedule_defaults(arguments.service.settings);
  const SystemClock clock;
  SystemRandom random;
  if (arguments.action == Action::import_all) {
    const auto text = TRY(read_file(arguments.file, 64_MiB));
    boost::system::error_code wrong;
    auto document = json::parse(text, wrong);
    if (wrong) return fail(ErrorKind::invalid, "{} is no JSON: {}", arguments.file.string(), wrong.message());
    auto entries = entries_of(std::move(document));
    if (!entries) return pass(entries, arguments.file.string());
    auto counts =
        database.write_blocking([&](db::Tx& tx) { return import_entries(tx, organisation, *entries, defaults, clock, random); });
    if (!counts) return pass(counts, arguments.file.string());
    return fmt::format("{} schedules created, {} were there already\n", counts->created, counts->there);
  }
  return database.write_blocking([&](db::Tx& tx) -> Result<std::string> {
    if (arguments.action == Action::list || arguments.action == Action::export_all) {
      const auto all = TRY(load_all(tx, organisation));
      if (arguments.action == Action::list && arguments.format == Format::text) return list_text(all);
      json::array list;
      for (const auto& schedule : all) list.push_back(json::parse(api::schedule_text(schedule, defaults, clock.now())));
      if (arguments.action == Action::list) return json::serialize(list) + "\n";
      const auto total = list.size();
      return json::serialize(
                 json::object{{"schedules", std::move(list)}, {"total", total}, {"exported_at", format_instant(clock.now())}}) +
             "\n";
    }
    const auto id = TRY(find_by_prefix(tx, organisation, arguments.schedule));
    auto schedule = TRY(schedule::load_schedule(tx, organisation, id));
    switch (arguments.action) {
      case Action::enable:
      case Action::disable: {
        auto fields = schedule.fields;
        fields.enabled = arguments.action == Action::enable;
        schedule = TRY(schedule::update_schedule(tx, organisation, {.id = id, .fields = std::move(fields)}, defaults));
        break;
      }
      case Action::pause: schedule = TRY(schedule::pause_schedule(tx, organisation, id, arguments.reason, defaults)); break;
      case Action::resume: schedule = TRY(schedule::resume_schedule(tx, organisation, id, defaults)); break;
      case Action::run: {
        const auto fire = TRY(schedule::run_now(
            tx, organisation, {.id = id, .request_key = random.token(20), .created_by = "command line"}, defaults, random));
        return fmt::format("queued: fire {} of schedule {}\n", format_instant(fire.fire_at), id.to_string());
      }
      case Action::remove:
        TRY(schedule::delete_schedule(tx, organisation, id));
        return fmt::format("deleted schedule {}; its history stays\n", id.to_string());
      case Action::next: {
        const auto rules = TRY(schedule::parse_rules(schedule.fields, defaults));
        std::string text;
        for (const auto& fire : rules.spec.upcoming(clock.now(), std::size_t(arguments.count)))
          text += schedule::format_with_offset(fire) + "\n";
        if (const auto warning = rules.spec.clock_change_warning(clock.now())) text += *warning + "\n";
        return text;
      }
      case Action::show:
      case Action::list:
      case Action::export_all:
      case Action::import_all: break;
    }
    if (arguments.format == Format::json)
      return json::serialize(json::parse(api::schedule_text(schedule, defaults, clock.now()))) + "\n";
    std::string text;
    const auto shown = json::parse(api::schedule_text(schedule, defaults, clock.now())).as_object();
    for (const auto& member : shown)
      text += fmt::format("{:<18} {}\n", std::string_view(member.key()),
                          member.value().is_string() ? printable(std::string_view(member.value().as_string()), 500)
                                                     : json::serialize(member.value()));
    return text;
  });
}

Result<void> act(const SchedulesArguments& arguments) {
  const SystemClock clock;
  const auto database = TRY(open_database(arguments.service.common, clock));
  const auto text = TRY(run_action(*database, arguments));
  return print_all(text, arguments.action == SchedulesArguments::Action::export_all ? arguments.file : std::filesystem::path());
}

json::object to_json(const schedule::Execution& execution) {
  return {{"execution_id", execution.execution_id.to_string()},
          {"schedule_id", execution.schedule_id ? json::value(execution.schedule_id->to_string()) : json::value()},
          {"domain", execution.domain},
          {"status", execution.status},
          {"started_at", format_instant(execution.started_at)},
          {"completed_at", optional_instant(execution.completed_at)},
          {"duration_seconds", execution.duration_seconds ? json::value(*execution.duration_seconds) : json::value()},
          {"scan_id", execution.scan_id ? json::value(execution.scan_id->to_string()) : json::value()},
          {"error_message", optional_text(execution.error_message)},
          {"attempt", execution.attempt}};
}

std::string history_text(const std::vector<schedule::Execution>& executions) {
  if (executions.empty()) return "No runs.\n";
  auto text = fmt::format("{:<20}  {:<9} {:>9}  {:<36}  {}\n", "started", "status", "seconds", "scan", "domain, error");
  for (const auto& execution : executions)
    text += fmt::format("{:<20}  {:<9} {:>9}  {:<36}  {}{}\n", format_instant(execution.started_at).substr(0, 19) + "Z",
                        execution.status, execution.duration_seconds ? fmt::format("{:.1f}", *execution.duration_seconds) : "-",
                        execution.scan_id ? execution.scan_id->to_string() : "-", printable(execution.domain, 100),
                        execution.error_message ? ", " + printable(*execution.error_message, 200) : "");
  return text;
}

/// The keys of guide 002, and two more.
std::string statistics_text(const schedule::ExecutionStatistics& statistics) {
  JsonWriter out(false);
  const auto seconds = [&out](std::string_view name, const std::optional<double>& value) {
    out.key(name);
    if (value)
      out.value(*value);
    else
      out.raw("null");
  };
  out.object([&] {
    out.field("total_executions", statistics.total_executions);
    out.field("successful", statistics.successful);
    out.field("failed", statistics.failed);
    out.field("cancelled", statistics.cancelled);
    out.field("partial", statistics.partial);
    out.field("success_rate", statistics.success_rate);
    seconds("avg_duration", statistics.avg_duration);
    seconds("min_duration", statistics.min_duration);
    seconds("max_duration", statistics.max_duration);
  });
  return std::move(out).take() + "\n";
}

Result<void> show_history(const HistoryArguments& arguments) {
  using Action = HistoryArguments::Action;
  const SystemClock clock;
  const auto database = TRY(open_database(arguments.service.common, clock));
  const auto organisation = identity::organisation_id_of(arguments.organisation);
  if (arguments.action == Action::clean_up) {
    const auto deleted =
        TRY(schedule::cleanup_executions_blocking(*database, {.days = arguments.days, .organisation = organisation}));
    return print_all(fmt::format("Deleted {} old execution records\n", deleted));
  }
  return print_all(TRY(database->read_blocking([&](db::Tx& tx) -> Result<std::string> {
    std::optional<ScheduleId> schedule;
    if (!arguments.schedule.empty()) schedule = TRY(find_by_prefix(tx, organisation, arguments.schedule));
    const auto domain = arguments.domain.empty() ? std::nullopt : std::optional(arguments.domain);
    if (arguments.action == Action::statistics)
      return statistics_text(
          TRY(schedule::load_statistics(tx, organisation, {.days = arguments.days, .schedule = schedule, .domain = domain})));
    const auto executions =
        TRY(schedule::list_executions(tx, organisation,
                                      {.schedule = schedule,
                                       .domain = domain,
                                       .status = arguments.status.empty() ? std::nullopt : std::optional(arguments.status),
                                       .hours = arguments.hours},
                                      {.limit = arguments.limit}));
    if (arguments.format == Format::text) return history_text(executions);
    json::array list;
    for (const auto& execution : executions) list.push_back(to_json(execution));
    return json::serialize(list) + "\n";
  })));
}

aio::Task<Result<feed::SyncReport>> sync_and_stop(FeedSource& source) {
  auto report = co_await source.sync().sync(aio::Scope::background().within(10min));
  co_await source.stop();
  co_return report;
}

Result<void> sync(const SyncArguments& arguments) {
  const SystemClock clock;
  SystemRandom random;
  boost::asio::io_context context(1);
  const auto database = TRY(open_database(arguments.service.common, clock));
  const auto source = TRY(FeedSource::make(context.get_executor(), *database, clock, random, arguments.service.settings));
  const auto report = TRY(aio::run(context, sync_and_stop(*source)));
  if (arguments.format == Format::json) return print_all(report.stats_json() + "\n");
  std::string text;
  for (const auto& detail : report.details)
    text += fmt::format("{:<8} {}: {}\n", detail.outcome, printable(detail.id, 100), printable(detail.reason, 300));
  return print_all(text + fmt::format("created {}, updated {}, skipped {}, disabled {}\n", report.created, report.updated,
                                      report.skipped, report.disabled));
}

}  // namespace

int run_command(const SchedulesArguments& arguments) { return exit_code(act(arguments)); }
int run_command(const HistoryArguments& arguments) { return exit_code(show_history(arguments)); }
int run_command(const SyncArguments& arguments) { return exit_code(sync(arguments)); }

int run_command(const DoctorArguments& arguments) {
  const SystemClock clock;
  auto database = open_database(arguments.service.common, clock);
  if (!database) return complain(database.error());
  const auto defaults = schedule_defaults(arguments.service.settings);
  auto findings = (*database)->read_blocking([&](db::Tx& tx) { return schedule::audit(tx, defaults); });
  if (!findings) return complain(findings.error());
  std::string text;
  if (arguments.format == Format::json) {
    json::array list;
    for (const auto& finding : *findings) list.push_back({{"invariant", finding.invariant}, {"message", finding.message}});
    text = json::serialize(list) + "\n";
  } else {
    for (const auto& finding : *findings) text += fmt::format("{:<4} {}\n", finding.invariant, printable(finding.message, 500));
    text += findings->empty() ? fmt::format("{}: all fires, runs and jobs are in order\n", (*database)->describe())
                              : fmt::format("{} findings\n", findings->size());
  }
  if (auto printed = print_all(text); !printed) return complain(printed.error());
  return findings->empty() ? 0 : k_found_something;
}

}  // namespace gannet::app
