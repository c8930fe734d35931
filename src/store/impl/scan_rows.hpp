// The SQL of the tables scans and scan_visits. Each function runs within the caller's transaction.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "store/store.hpp"

namespace gannet::store::impl {

/// All of a scan that has ended, but for its visits.
struct EndedScan {
  ScanId id;
  std::string url;
  std::string host;
  std::string status;
  std::string reason;
  Instant started_at;
  Instant ended_at;
  std::int64_t visit_count = 0;
  std::int64_t cookie_count = 0;
  std::int64_t request_count = 0;
  std::string gannet_version;
  std::string record;
  int record_schema = 0;
};

struct VisitRow {
  std::int64_t state_index = 0;
  std::int64_t visit_index = 0;
  std::string sha256;
  std::int64_t size_bytes = 0;
  std::int64_t stored_bytes = 0;
  auto columns() { return std::tie(state_index, visit_index, sha256, size_bytes, stored_bytes); }
};

struct StoredScan {
  std::string status;
  std::string url;
  std::string reason;
  Instant started_at;
  std::optional<Instant> ended_at;
  std::optional<std::string> record;
  std::optional<int> record_schema;
  auto columns() { return std::tie(status, url, reason, started_at, ended_at, record, record_schema); }
};

/// Host of an absolute URL as the redactor leaves it, an IPv6 address in brackets; empty where there is none.
std::string host_of(std::string_view url);

Result<void> insert_running(db::Tx& tx, const ScanStart& start, const std::string& claim);

/// Ends the running scan of this claim, or inserts an ended one where the id is new. Error `conflict` otherwise.
Result<void> insert_ended(db::Tx& tx, const EndedScan& scan, const std::string& claim, const std::vector<VisitRow>& visits);

/// Returns how many running scans of the claim it has ended as failed.
Result<std::int64_t> fail_running(db::Tx& tx, const std::string& claim);

/// The same for one scan, whoever runs it.
Result<std::int64_t> fail_scan(db::Tx& tx, ScanId id, const std::string& reason);

Result<std::vector<std::string>> list_running_claims(db::Tx& tx);
Result<std::optional<StoredScan>> find_stored(db::Tx& tx, ScanId id);
Result<std::vector<VisitRow>> list_visits(db::Tx& tx, ScanId id);
Result<std::vector<ScanSummary>> list_scans(db::Tx& tx, const ScanFilter& filter);
/// At most two, to tell one from several.
Result<std::vector<ScanId>> find_by_prefix(db::Tx& tx, const std::string& prefix);
Result<void> delete_scan(db::Tx& tx, ScanId id);

}  // namespace gannet::store::impl
