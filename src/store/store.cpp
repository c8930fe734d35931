#include "store/store.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "db/sqlite_driver.hpp"
#include "embedded/migration_001_scans_sqlite.hpp"
#include "record/json.hpp"
#include "store/impl/scan_rows.hpp"

namespace gannet::store {

namespace json = boost::json;

namespace {

const db::Migration k_migrations[] = {{1, "scans", embedded::migration_001_scans_sqlite}};

std::int64_t count_cookies(const record::ScanRecord& scan) {
  std::set<record::CookieKey> keys;
  for (const auto& state : scan.states)
    for (const auto& visit : state.visits)
      for (const auto& [phase, jar] : visit.jars)
        for (const auto& cookie : jar) keys.insert(cookie.key);
  return std::int64_t(keys.size());
}

/// Takes the visits out of a record's JSON, state by state. What remains is small and goes into the row.
std::vector<json::array> take_visits(json::value& scan) {
  std::vector<json::array> visits_by_state;
  auto* states = scan.as_object().if_contains("states");
  if (!states) return visits_by_state;
  for (auto& state : states->as_array()) {
    auto& visits = visits_by_state.emplace_back();
    if (auto* found = state.as_object().if_contains("visits")) visits = std::move(found->as_array());
    state.as_object().erase("visits");
  }
  return visits_by_state;
}

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

/// JSON that this program wrote; that it cannot be read is damage.
Result<json::value> parse_stored(std::string_view text, const std::string& what) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error) return fail(ErrorKind::internal, "{} is damaged: {}", what, error.message());
  return value;
}

}  // namespace

Store::Store(std::filesystem::path data_dir, Parts parts, std::unique_ptr<db::Database> database, db::BlobStore blobs)
    : claims_(std::move(data_dir) / "claims"),
      parts_(parts),
      database_(std::move(database)),
      blobs_(std::move(blobs)),
      threads_(1) {}

Store::~Store() { threads_.join(); }

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& data_dir, Parts parts) {
  auto database = TRY(db::Database::open(db::make_sqlite_driver(data_dir, parts.clock)));
  TRY(database->migrate_blocking(k_migrations));
  auto blobs = TRY(db::BlobStore::open(data_dir / "visits"));
  std::unique_ptr<Store> store(new Store(data_dir, parts, std::move(database), std::move(blobs)));
  TRY(store->fail_interrupted_scans());
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

Result<void> Store::save_scan_blocking(const record::ScanRecord& scan) {
  const auto name = TRY(claim());
  auto row = make_row(scan);
  auto encoded = record::to_json(scan);
  const auto visits_by_state = take_visits(encoded);
  row.record = json::serialize(encoded);

  std::vector<impl::VisitRow> visits;
  const auto save = [&]() -> Result<void> {
    const auto hold = TRY(blobs_.hold_blocking());
    for (std::size_t state = 0; state < visits_by_state.size(); ++state)
      for (std::size_t i = 0; i < visits_by_state[state].size(); ++i) {
        const auto stored = TRY(blobs_.put(hold, json::serialize(visits_by_state[state][i])));
        visits.push_back({std::int64_t(state), std::int64_t(i), stored.sha256, std::int64_t(stored.size_bytes),
                          std::int64_t(stored.stored_bytes)});
      }
    return database_->write_blocking([&](db::Tx& tx) { return impl::insert_ended(tx, row, name, visits); });
  };
  auto saved = save();
  if (saved) return {};
  std::vector<std::string> written;
  for (const auto& visit : visits) written.push_back(visit.sha256);
  auto removed = blobs_.remove_unused_blocking(written, visits_in_use());
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

  auto encoded = TRY(parse_stored(*rows.scan->record, what));
  auto* states = encoded.is_object() ? encoded.as_object().if_contains("states") : nullptr;
  for (const auto& visit : rows.visits) {
    auto text = blobs_.get(visit.sha256);
    if (!text) return pass(text, what);
    auto* state = states && states->is_array() ? states->as_array().if_contains(std::size_t(visit.state_index)) : nullptr;
    if (!state || !state->is_object()) return fail(ErrorKind::internal, "{} is damaged: it has no state for a visit", what);
    auto& visits = state->as_object()["visits"];
    if (visits.is_null()) visits.emplace_array();
    visits.as_array().push_back(TRY(parse_stored(*text, what)));
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

Result<void> Store::delete_scan_blocking(ScanId id) {
  std::vector<std::string> visits;
  TRY(database_->write_blocking([&](db::Tx& tx) -> Result<void> {
    const auto scan = TRY(impl::find_stored(tx, id));
    if (!scan) return fail(ErrorKind::not_found, "there is no scan {}", id.to_string());
    if (scan->status == "running") return fail(ErrorKind::conflict, "scan {} is still running", id.to_string());
    for (auto& visit : TRY(impl::list_visits(tx, id))) visits.push_back(std::move(visit.sha256));
    return impl::delete_scan(tx, id);
  }));
  return blobs_.remove_unused_blocking(visits, visits_in_use());
}

Result<db::BlobStore::Sweep> Store::sweep_orphans_blocking() { return blobs_.sweep(visits_in_use()); }

db::BlobStore::InUse Store::visits_in_use() const {
  return [this](std::string_view prefix) {
    return database_->read_blocking([&prefix](db::Tx& tx) { return impl::visits_in_use(tx, std::string(prefix)); });
  };
}

}  // namespace gannet::store
