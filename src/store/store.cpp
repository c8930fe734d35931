#include "store/store.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "db/sqlite_driver.hpp"
#include "record/json.hpp"
#include "store/impl/content_rows.hpp"
#include "store/impl/scan_rows.hpp"
#include "store/impl/sealing.hpp"
#include "store/impl/stored_json.hpp"
#include "store/migrations.hpp"

namespace gannet::store {

namespace json = boost::json;

namespace {

std::int64_t count_cookies(const record::ScanRecord& scan) {
  std::set<record::CookieKey> keys;
  for (const auto& state : scan.states)
    for (const auto& visit : state.visits)
      for (const auto& [phase, jar] : visit.jars)
        for (const auto& cookie : jar) keys.insert(cookie.key);
  return std::int64_t(keys.size());
}

/// What goes into the row: the record without its visits.
std::string encode_head(const record::ScanRecord& scan) {
  record::ScanRecord head{scan.id, scan.url, scan.status, scan.reason, scan.started_at, scan.ended_at, {}, scan.how};
  for (const auto& state : scan.states) head.states.push_back({state.state, state.consent, {}, state.has_fresh_context_per_page});
  return json::serialize(record::to_json(head));
}

/// The JSON value, several times as large as its text, is gone when this returns.
std::string encode(const record::Visit& visit) { return json::serialize(record::to_json(visit)); }

impl::EndedScan make_row(const record::ScanRecord& scan) {
  impl::EndedScan row{.id = scan.id,
                      .url = scan.url,
                      .host = impl::host_of(scan.url),
                      .status = std::string(record::to_string(scan.status)),
                      .reason = scan.reason,
                      .started_at = scan.started_at,
                      .ended_at = scan.ended_at,
                      .cookie_count = count_cookies(scan),
                      .gannet_version = scan.how.gannet_version,
                      .record = {},
                      .record_schema = record::k_json_schema};
  for (const auto& state : scan.states) {
    row.visit_count += std::int64_t(state.visits.size());
    for (const auto& visit : state.visits) row.request_count += std::int64_t(visit.requests.size());
  }
  return row;
}

/// Of a scan whose process died before it had one.
record::ScanRecord make_record_of_interrupted(ScanId id, impl::StoredScan stored) {
  record::ScanRecord scan;
  scan.id = id;
  scan.url = std::move(stored.url);
  scan.status = record::ScanStatus::failed;
  scan.reason = std::move(stored.reason);
  scan.started_at = stored.started_at;
  scan.ended_at = stored.ended_at.value_or(stored.started_at);
  return scan;
}

/// The pictures that a record names, of those there are.
std::set<std::string> screenshots_of(const record::ScanRecord& scan, const record::ScreenshotSet& screenshots) {
  std::set<std::string> named;
  for (const auto& state : scan.states)
    for (const auto& visit : state.visits)
      for (const auto& [phase, screenshot] : visit.screenshots)
        if (screenshots.contains(screenshot.sha256)) named.insert(screenshot.sha256);
  return named;
}

}  // namespace

Store::Store(std::filesystem::path data_dir, Parts parts, std::shared_ptr<db::Database> database, Blobs blobs)
    : claims_(std::move(data_dir) / "claims"),
      parts_(parts),
      database_(std::move(database)),
      blobs_(std::move(blobs)),
      threads_(1) {}

Store::~Store() { threads_.join(); }

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& data_dir, Parts parts) {
  std::shared_ptr<db::Database> database = TRY(db::Database::open(db::make_sqlite_driver(data_dir, parts.clock)));
  TRY(database->migrate_blocking(migrations()));
  return open(data_dir, parts, std::move(database));
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& data_dir, Parts parts,
                                           std::shared_ptr<db::Database> database) {
  const auto open_blobs = [&](ContentClass content_class) { return db::BlobStore::open(data_dir / to_string(content_class)); };
  auto visits = TRY(open_blobs(ContentClass::visits));
  auto screenshots = TRY(open_blobs(ContentClass::screenshots));
  auto judgements = TRY(open_blobs(ContentClass::judgements));
  Blobs blobs = {std::move(visits), std::move(screenshots), std::move(judgements)};
  std::unique_ptr<Store> store(new Store(data_dir, parts, std::move(database), std::move(blobs)));
  if (store->database_->dialect() == db::Dialect::sqlite) TRY(store->fail_interrupted_scans());
  return store;
}

Result<std::string> Store::claim() {
  const std::scoped_lock lock(mutex_);
  if (!claim_) claim_.emplace(TRY(ProcessClaim::make(claims_, parts_.random)));
  return claim_->name();
}

Result<void> Store::fail_interrupted_scans() {
  // In this order: who claims a scan after the first look is not judged by the second.
  const auto claims = TRY(database_->read_blocking(impl::list_running_claims));
  const auto living = TRY(ProcessClaim::find_living(claims_));
  std::int64_t count = 0;
  for (const auto& claim : claims) {
    if (living.contains(claim)) continue;
    count += TRY(database_->write_blocking([&claim](db::Tx& tx) { return impl::fail_running(tx, claim); }));
  }
  if (count == 0) return {};
  const auto sweep = TRY(sweep_orphans_blocking());
  LOG_WARNING("store", "interrupted scans marked as failed: {}; orphaned files removed: {}", count, sweep.files_removed);
  return {};
}

Result<void> Store::begin_scan_blocking(const ScanStart& start) {
  const auto name = TRY(claim());
  auto begun = database_->write_blocking([&](db::Tx& tx) { return impl::insert_running(tx, start, name); });
  if (!begun) return pass(begun, fmt::format("scan {}", start.id.to_string()));
  return {};
}

Result<void> Store::fail_scan_blocking(ScanId id, const std::string& reason) {
  const auto failed = TRY(database_->write_blocking([&](db::Tx& tx) { return impl::fail_scan(tx, id, reason); }));
  if (failed == 0) return fail(ErrorKind::conflict, "scan {} does not run", id.to_string());
  return {};
}

Result<void> Store::save_scan_blocking(const record::ScanRecord& scan, const ScanExtras& extras, const AlsoWrite& also) {
  const auto name = TRY(claim());
  auto row = make_row(scan);
  row.record = encode_head(scan);

  Hashes written;
  const auto put = [&](const Holds& holds, ContentClass content_class, std::string_view content) {
    auto stored = blobs(content_class).put(holds[std::size_t(content_class)], content);
    if (stored) written[std::size_t(content_class)].push_back(stored->sha256);
    return stored;
  };
  const auto save = [&]() -> Result<void> {
    const auto holds = TRY(hold());
    std::vector<impl::VisitRow> visits;
    // One after another, because a visit of a hostile page is large.
    for (std::size_t state = 0; state < scan.states.size(); ++state)
      for (std::size_t i = 0; i < scan.states[state].visits.size(); ++i) {
        const auto text = encode(scan.states[state].visits[i]);
        const auto stored = TRY(put(holds, ContentClass::visits, text));
        visits.push_back({std::int64_t(state), std::int64_t(i), stored.sha256, std::int64_t(stored.size_bytes),
                          std::int64_t(stored.stored_bytes)});
      }
    std::vector<db::BlobStore::Stored> screenshots;
    for (const auto& sha256 : screenshots_of(scan, extras.screenshots))
      screenshots.push_back(TRY(put(holds, ContentClass::screenshots, extras.screenshots.at(sha256))));
    std::optional<db::BlobStore::Stored> judgement;
    if (extras.judgement)
      judgement = TRY(put(holds, ContentClass::judgements, json::serialize(record::to_json(*extras.judgement))));
    std::optional<std::string> seal;
    if (parts_.signer)
      seal = evidence::seal_json(
          evidence::make_seal(impl::seal_request({row, visits, screenshots, judgement}, parts_.clock.now()), *parts_.signer));
    return database_->write_blocking([&](db::Tx& tx) -> Result<void> {
      TRY(impl::insert_ended(tx, row, name, visits));
      if (seal) TRY(impl::insert_seal(tx, scan.id, *seal));
      for (const auto& stored : screenshots) TRY(impl::insert_screenshot(tx, scan.id, stored));
      if (judgement) TRY(impl::insert_judgement(tx, scan.id, extras.judgement->judged_at, *judgement));
      return also ? also(tx) : Result<void>();
    });
  };
  auto saved = save();
  if (saved) return {};
  auto removed = remove_unused(written);
  if (!removed) LOG_WARNING("store", "after a failed save: {}", removed.error().describe());
  return pass(saved, fmt::format("scan {} is not kept", scan.id.to_string()));
}

Result<record::ScanRecord> Store::load_scan_blocking(ScanId id) {
  struct Rows {
    std::optional<impl::StoredScan> scan;
    std::vector<impl::VisitRow> visits;
  };
  auto rows = TRY(database_->read_blocking(
      [id](db::Tx& tx) -> Result<Rows> { return Rows{TRY(impl::find_stored(tx, id)), TRY(impl::list_visits(tx, id))}; }));
  const auto what = fmt::format("the record of scan {}", id.to_string());
  if (!rows.scan) return fail(ErrorKind::not_found, "there is no scan {}", id.to_string());
  if (rows.scan->status == "running") return fail(ErrorKind::conflict, "scan {} is still running", id.to_string());
  if (!rows.scan->record) return make_record_of_interrupted(id, std::move(*rows.scan));
  if (rows.scan->record_schema != record::k_json_schema)
    return fail(ErrorKind::internal, "{} has schema {}; this program reads {}", what, rows.scan->record_schema.value_or(0),
                record::k_json_schema);

  auto encoded = TRY(impl::parse_stored(*rows.scan->record, what));
  auto* states = encoded.is_object() ? encoded.as_object().if_contains("states") : nullptr;
  for (const auto& visit : rows.visits) {
    auto text = blobs(ContentClass::visits).get(visit.sha256);
    if (!text) return pass(text, what);
    auto* state = states && states->is_array() ? states->as_array().if_contains(std::size_t(visit.state_index)) : nullptr;
    if (!state || !state->is_object()) return fail(ErrorKind::internal, "{} is damaged: it has no state for a visit", what);
    auto& visits = state->as_object()["visits"];
    if (visits.is_null()) visits.emplace_array();
    visits.as_array().push_back(TRY(impl::parse_stored(*text, what)));
  }
  auto scan = record::scan_record_from_json(encoded);
  if (!scan) return fail(ErrorKind::internal, "{} is damaged: {}", what, scan.error().describe());
  return scan;
}

Result<std::vector<ScanSummary>> Store::list_scans_blocking(const ScanFilter& filter) {
  return database_->read_blocking([&filter](db::Tx& tx) { return impl::list_scans(tx, filter); });
}

Result<ScanId> Store::find_scan_blocking(std::string_view id_or_prefix) {
  const auto prefix = to_lower(id_or_prefix);
  const bool is_part_of_id =
      std::ranges::all_of(prefix, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; });
  if (prefix.size() < k_id_prefix_min || !is_part_of_id)
    return fail(ErrorKind::invalid, "'{}' is not a scan id; give one that `gannet scans` lists, or its first {} digits or more",
                printable(id_or_prefix, 50), k_id_prefix_min);
  const auto found = TRY(database_->read_blocking([&prefix](db::Tx& tx) { return impl::find_by_prefix(tx, prefix); }));
  if (found.empty()) return fail(ErrorKind::not_found, "there is no scan {}", prefix);
  if (found.size() > 1) return fail(ErrorKind::conflict, "several scans start with {}; give more of the id", prefix);
  return found.front();
}

}  // namespace gannet::store
