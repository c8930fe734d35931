#include "feed/sync.hpp"

#include <map>
#include <set>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "embedded/migration_012_feed_postgres.hpp"
#include "embedded/migration_012_feed_sqlite.hpp"
#include "site/site.hpp"

namespace gannet::feed {

namespace {

constexpr std::size_t k_error_bytes_max = 500;

struct Row {
  std::string item_id;
  std::string sha256;
  ScheduleId schedule;
  int missing_count = 0;
  bool was_disabled = false;
  auto columns() { return std::tie(item_id, sha256, schedule, missing_count, was_disabled); }
};

Result<std::vector<Row>> list_rows(db::Tx& tx, OrganisationId organisation) {
  return tx.query<Row>(
      "SELECT item_id, sha256, schedule_id, missing_count, was_disabled FROM feed_items WHERE organisation_id = $1 ORDER BY "
      "item_id",
      organisation);
}

/// The row of an item, made where it is new (with an empty hash), and locked for this transaction.
Result<Row> lock_row(db::Tx& tx, OrganisationId organisation, const std::string& id) {
  auto row = TRY(tx.query_one<Row>(
      "INSERT INTO feed_items (organisation_id, item_id, sha256, schedule_id, seen_at) VALUES ($1, $2, '', $3, gannet_now())"
      " ON CONFLICT (organisation_id, item_id) DO UPDATE SET seen_at = excluded.seen_at"
      " RETURNING item_id, sha256, schedule_id, missing_count, was_disabled",
      organisation, id, ScheduleId()));
  if (!row) return fail(ErrorKind::internal, "the row of feed item {} was made and is not there", id);
  return std::move(*row);
}

Result<void> save_row(db::Tx& tx, OrganisationId organisation, const Row& row) {
  TRY(
      tx.execute("UPDATE feed_items SET sha256 = $3, schedule_id = $4, missing_count = $5, was_disabled = $6"
                 " WHERE organisation_id = $1 AND item_id = $2",
                 organisation, row.item_id, row.sha256, row.schedule, row.missing_count, row.was_disabled));
  return {};
}

struct Outcome {
  std::string_view word;
  std::string reason;
};

/// What the item says, over what is there: the rest is of people here.
void put_item(schedule::ScheduleFields& fields, const FeedItem& item, SiteId site) {
  fields.domain_config_id = site;
  fields.domain = item.domain.domain;
  fields.domain_given = item.domain.as_sent;
  fields.start_url = item.domain.start_url;
  fields.scan_type = item.scan_type;
  fields.scan_params = item.scan_params;
  fields.frequency = item.frequency;
  fields.time_config = item.time_config;
  if (!item.description.empty()) fields.description = item.description;
  if (!Uuid::parse(item.id)) fields.external_id = item.id;
}

/// The schedule that the item already has here: its own, or the only one of its site, which was there before the feed.
Result<std::optional<schedule::Schedule>> find_own(db::Tx& tx, OrganisationId organisation, const Row& row, SiteId site) {
  if (row.schedule != ScheduleId()) return schedule::find_schedule(tx, organisation, row.schedule);
  schedule::ScheduleFilter filter;
  filter.domain_config_id = site;
  auto page = TRY(schedule::list_schedules(tx, organisation, filter, {.limit = 1, .offset = 0}));
  if (page.total > 1)
    return fail(ErrorKind::conflict, "there are {} schedules for this domain_config_id here; none of them is changed",
                page.total);
  if (page.schedules.empty()) return std::nullopt;
  return std::move(page.schedules.front());
}

/// An error undoes all of it: the item is then as if it had not been seen.
Result<Outcome> apply_item(db::Tx& tx, const FeedOptions& options, const FeedItem& item, const Clock& clock, Random& random) {
  const auto organisation = options.organisation;
  auto row = TRY(lock_row(tx, organisation, item.id));
  const bool is_changed = row.sha256 != item.sha256;
  const bool is_back = row.was_disabled;
  if (!is_changed && !is_back) {
    row.missing_count = 0;
    TRY(save_row(tx, organisation, row));
    return Outcome{"skipped", "unchanged"};
  }
  const auto site =
      TRY(site::ensure_site(tx, organisation, {.domain_config_id = item.id, .made_id = SiteId(), .domain = item.domain}));
  auto own = TRY(find_own(tx, organisation, row, site.id));
  Outcome outcome{"updated", is_changed ? "" : "in the feed again"};
  if (own) {
    schedule::ScheduleEdit edit{.id = own->schedule_id, .fields = own->fields};
    if (is_changed) put_item(edit.fields, item, site.id);
    if (is_back) edit.fields.enabled = true;
    TRY(schedule::update_schedule(tx, organisation, edit, options.defaults));
    row.schedule = own->schedule_id;
  } else if (is_changed) {
    schedule::NewSchedule made{.organisation = organisation, .fields = {}, .created_by = "feed"};
    put_item(made.fields, item, site.id);
    row.schedule = TRY(schedule::create_schedule(tx, made, options.defaults, clock, random)).schedule_id;
    outcome.word = "created";
  } else {
    outcome = {"skipped", "its schedule was deleted here"};
  }
  row.sha256 = item.sha256;
  row.missing_count = 0;
  row.was_disabled = false;
  TRY(save_row(tx, organisation, row));
  return outcome;
}

/// Whether its schedule was disabled now.
Result<bool> note_missing(db::Tx& tx, const FeedOptions& options, const std::string& id) {
  auto row = TRY(lock_row(tx, options.organisation, id));
  if (row.was_disabled) return false;
  const bool is_gone = ++row.missing_count >= options.missing_max;
  bool is_disabled = false;
  if (is_gone) {
    row.was_disabled = true;
    if (const auto own = TRY(schedule::find_schedule(tx, options.organisation, row.schedule)); own && own->fields.enabled) {
      schedule::ScheduleEdit edit{.id = own->schedule_id, .fields = own->fields};
      edit.fields.enabled = false;
      TRY(schedule::update_schedule(tx, options.organisation, edit, options.defaults));
      is_disabled = true;
    }
    // One that somebody had disabled before is not enabled when the item comes back.
    row.was_disabled = is_disabled;
  }
  TRY(save_row(tx, options.organisation, row));
  return is_disabled;
}

Result<std::string> begin_sync(db::Tx& tx, OrganisationId organisation) {
  return TRY(tx.query_one<std::string>("INSERT INTO feed_state (organisation_id, begun_at) VALUES ($1, gannet_now())"
                                       " ON CONFLICT (organisation_id) DO UPDATE SET begun_at = excluded.begun_at RETURNING etag",
                                       organisation))
      .value_or("");
}

Result<void> end_sync(db::Tx& tx, OrganisationId organisation, std::string_view etag) {
  TRY(tx.execute("UPDATE feed_state SET succeeded_at = gannet_now(), error = '', etag = $2 WHERE organisation_id = $1",
                 organisation, etag));
  return {};
}

Result<void> fail_sync(db::Tx& tx, OrganisationId organisation, std::string_view error) {
  TRY(tx.execute("UPDATE feed_state SET error = $2 WHERE organisation_id = $1", organisation, error));
  return {};
}

/// Errors of one item that say something about the item, and not about the database.
bool is_of_item(const Error& error) {
  return error.kind() == ErrorKind::invalid || error.kind() == ErrorKind::conflict || error.kind() == ErrorKind::not_found;
}

}  // namespace

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {12, "feed", embedded::migration_012_feed_sqlite, embedded::migration_012_feed_postgres}};
  return k_migrations;
}

std::string SyncReport::stats_json() const {
  return fmt::format(R"({{"created":{},"updated":{},"skipped":{}}})", created, updated, skipped);
}

void SyncReport::add(std::string id, std::string_view outcome, std::string reason) {
  if (outcome == "created") ++created;
  if (outcome == "updated") ++updated;
  if (outcome == "skipped") ++skipped;
  if (outcome == "disabled") ++disabled;
  if (details.size() < k_details_max) details.push_back({std::move(id), std::string(outcome), std::move(reason)});
}

aio::Task<Result<SyncReport>> FeedSync::apply(aio::Scope scope, ParsedFeed feed, std::string etag) {
  const auto organisation = options_.organisation;
  auto rows = co_await database_.read(scope, [organisation](db::Tx& tx) { return list_rows(tx, organisation); });
  if (!rows) co_return pass(rows);
  std::map<std::string, Row> missing;
  for (auto& row : *rows) missing.emplace(row.item_id, row);

  SyncReport report;
  std::vector<std::string> unchanged;
  bool is_complete = true;
  for (auto& skipped : feed.invalid) {
    missing.erase(skipped.id);
    report.add(skipped.id, "skipped", skipped.reason);
  }
  for (const auto& item : feed.items) {
    const auto known = missing.find(item.id);
    const bool is_known = known != missing.end();
    // Without a write: most items are as they were.
    const bool is_same =
        is_known && known->second.sha256 == item.sha256 && known->second.missing_count == 0 && !known->second.was_disabled;
    if (is_known) missing.erase(known);
    if (is_same) {
      unchanged.push_back(item.id);
      continue;
    }
    auto done =
        co_await database_.write(scope, [this, item](db::Tx& tx) { return apply_item(tx, options_, item, clock_, random_); });
    if (done) {
      report.add(item.id, done->word, done->reason);
      continue;
    }
    if (!is_of_item(done.error())) co_return pass(done, "feed item " + item.id);
    is_complete = is_complete && done.error().kind() == ErrorKind::invalid;
    report.add(item.id, "skipped", printable(done.error().describe(), k_error_bytes_max));
  }
  for (const auto& [id, row] : missing) {
    if (row.was_disabled || row.missing_count >= options_.missing_max) continue;
    auto gone = co_await database_.write(scope, [this, id](db::Tx& tx) { return note_missing(tx, options_, id); });
    if (!gone) co_return pass(gone, "feed item " + id);
    if (*gone) report.add(id, "disabled", fmt::format("not in the feed {} times in a row", options_.missing_max));
  }
  for (auto& id : unchanged) report.add(std::move(id), "skipped", "unchanged");
  // What could not be applied now is to be fetched again.
  if (!is_complete) etag.clear();
  auto ended = co_await database_.write(scope, [organisation, etag](db::Tx& tx) { return end_sync(tx, organisation, etag); });
  if (!ended) co_return pass(ended);
  co_return report;
}

aio::Task<Result<SyncReport>> FeedSync::sync(aio::Scope scope) {
  const auto organisation = options_.organisation;
  auto etag = co_await database_.write(scope, [organisation](db::Tx& tx) { return begin_sync(tx, organisation); });
  if (!etag) co_return pass(etag, "feed");
  FetchWanted wanted{.url = options_.url, .etag = *etag, .size_max = options_.size_max};
  auto fetched = co_await fetch_(scope.within(options_.timeout), std::move(wanted));

  Result<SyncReport> result = fail(ErrorKind::internal, "not applied");
  if (!fetched) {
    result = pass(fetched);
  } else if (fetched->status == 304 && !etag->empty()) {
    // The same as last time: what was missing then is missing again.
    auto rows = co_await database_.read(scope, [organisation](db::Tx& tx) { return list_rows(tx, organisation); });
    if (!rows) co_return pass(rows, "feed");
    SyncReport report;
    report.was_unchanged = true;
    for (const auto& row : *rows) {
      if (row.missing_count == 0 && !row.was_disabled) {
        report.add(row.item_id, "skipped", "unchanged");
      } else if (!row.was_disabled && row.missing_count < options_.missing_max) {
        auto gone =
            co_await database_.write(scope, [this, id = row.item_id](db::Tx& tx) { return note_missing(tx, options_, id); });
        if (!gone) co_return pass(gone, "feed item " + row.item_id);
        if (*gone) report.add(row.item_id, "disabled", fmt::format("not in the feed {} times in a row", options_.missing_max));
      }
    }
    auto ended =
        co_await database_.write(scope, [organisation, tag = *etag](db::Tx& tx) { return end_sync(tx, organisation, tag); });
    result = ended ? Result<SyncReport>(std::move(report)) : pass(ended);
  } else if (fetched->status != 200) {
    result = fail(ErrorKind::unavailable, "the feed answers with status {}", fetched->status);
  } else {
    auto feed = parse_feed(fetched->body);
    if (feed)
      result = co_await apply(scope, std::move(*feed), fetched->etag);
    else
      result = pass(feed);
  }
  if (result) {
    LOG_INFO("feed", "sync: {} created, {} updated, {} skipped, {} disabled", result->created, result->updated, result->skipped,
             result->disabled);
    co_return result;
  }
  auto reason = printable(result.error().describe(), k_error_bytes_max);
  // The sync's own scope may have ended; that it failed is to be seen all the same.
  const auto noting = aio::Scope::background().within(std::chrono::seconds(5));
  (void)co_await database_.write(noting, [organisation, reason](db::Tx& tx) { return fail_sync(tx, organisation, reason); });
  co_return pass(result, "feed");
}

aio::Task<Result<std::optional<SyncReport>>> FeedSync::sync_if_due(aio::Scope scope, std::chrono::milliseconds interval) {
  const auto organisation = options_.organisation;
  auto is_due = co_await database_.write(scope, [organisation, ms = interval.count()](db::Tx& tx) -> Result<bool> {
    // Of several instances one changes the row.
    return TRY(tx.execute("INSERT INTO feed_state (organisation_id, begun_at) VALUES ($1, gannet_now())"
                          " ON CONFLICT (organisation_id) DO UPDATE SET begun_at = excluded.begun_at"
                          " WHERE feed_state.begun_at IS NULL OR feed_state.begun_at <= gannet_later(gannet_now(), $2)",
                          organisation, -ms)) > 0;
  });
  if (!is_due) co_return pass(is_due, "feed");
  if (!*is_due) co_return std::optional<SyncReport>();
  auto report = co_await sync(std::move(scope));
  if (!report) co_return pass(report);
  co_return std::optional<SyncReport>(std::move(*report));
}

Result<FeedState> load_feed_state(db::Tx& tx, OrganisationId organisation) {
  return TRY(tx.query_one<FeedState>("SELECT etag, begun_at, succeeded_at, error FROM feed_state WHERE organisation_id = $1",
                                     organisation))
      .value_or(FeedState());
}

}  // namespace gannet::feed
