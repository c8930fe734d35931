#include "store/impl/scan_rows.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/version.hpp"

namespace gannet::store::impl {

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  const auto port = url.find(':', url.starts_with('[') ? url.find(']') : 0);
  return to_lower(url.substr(0, port));
}

Result<void> insert_running(db::Tx& tx, const ScanStart& start, const std::string& claim) {
  TRY(
      tx.execute("INSERT INTO scans (id, url, host, status, started_at, gannet_version, claim)"
                 " VALUES ($1, $2, $3, 'running', $4, $5, $6)",
                 start.id, start.url, host_of(start.url), start.started_at, version(), claim));
  return {};
}

Result<void> insert_ended(db::Tx& tx, const EndedScan& scan, const std::string& claim, const std::vector<VisitRow>& visits) {
  const auto changed = TRY(tx.execute(
      "INSERT INTO scans (id, url, host, status, reason, started_at, ended_at, visit_count, cookie_count, request_count,"
      " gannet_version, record, record_schema)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
      " ON CONFLICT (id) DO UPDATE SET url = excluded.url, host = excluded.host, status = excluded.status,"
      " reason = excluded.reason, started_at = excluded.started_at, ended_at = excluded.ended_at,"
      " visit_count = excluded.visit_count, cookie_count = excluded.cookie_count, request_count = excluded.request_count,"
      " gannet_version = excluded.gannet_version, claim = NULL, record = excluded.record, record_schema = excluded.record_schema"
      " WHERE scans.status = 'running' AND scans.claim = $14",
      scan.id, scan.url, scan.host, scan.status, scan.reason, scan.started_at, scan.ended_at, scan.visit_count, scan.cookie_count,
      scan.request_count, scan.gannet_version, scan.record, scan.record_schema, claim));
  if (changed == 0)
    return fail(ErrorKind::conflict, "scan {} has ended already, or another process runs it", scan.id.to_string());
  for (const auto& visit : visits)
    TRY(
        tx.execute("INSERT INTO scan_visits (scan_id, state_index, visit_index, sha256, size_bytes, stored_bytes)"
                   " VALUES ($1, $2, $3, $4, $5, $6)",
                   scan.id, visit.state_index, visit.visit_index, visit.sha256, visit.size_bytes, visit.stored_bytes));
  return {};
}

Result<std::int64_t> fail_running(db::Tx& tx, const std::string& claim) {
  return tx.execute(
      "UPDATE scans SET status = 'failed', reason = 'interrupted: the process that ran it is gone', claim = NULL,"
      " ended_at = gannet_now() WHERE status = 'running' AND claim = $1",
      claim);
}

Result<std::int64_t> fail_scan(db::Tx& tx, ScanId id, const std::string& reason) {
  return tx.execute(
      "UPDATE scans SET status = 'failed', reason = $2, claim = NULL, ended_at = gannet_now() WHERE status = 'running' AND id = "
      "$1",
      id, reason);
}

Result<std::vector<std::string>> list_running_claims(db::Tx& tx) {
  return tx.query<std::string>("SELECT DISTINCT claim FROM scans WHERE status = 'running'");
}

Result<std::optional<StoredScan>> find_stored(db::Tx& tx, ScanId id) {
  return tx.query_one<StoredScan>(
      "SELECT status, url, reason, started_at, ended_at, record, record_schema FROM scans WHERE id = $1", id);
}

Result<std::vector<VisitRow>> list_visits(db::Tx& tx, ScanId id) {
  return tx.query<VisitRow>(
      "SELECT state_index, visit_index, sha256, size_bytes, stored_bytes FROM scan_visits WHERE scan_id = $1"
      " ORDER BY state_index, visit_index",
      id);
}

Result<std::vector<ScanSummary>> list_scans(db::Tx& tx, const ScanFilter& filter) {
  return tx.query<ScanSummary>(
      "SELECT id, url, host, status, reason, started_at, ended_at, visit_count, cookie_count, request_count,"
      " (SELECT coalesce(sum(stored_bytes), 0) FROM scan_visits WHERE scan_id = scans.id)"
      " + (SELECT coalesce(sum(stored_bytes), 0) FROM scan_screenshots WHERE scan_id = scans.id)"
      " + (SELECT coalesce(sum(stored_bytes), 0) FROM scan_judgements WHERE scan_id = scans.id), gannet_version"
      " FROM scans WHERE $1 = '' OR host = $1 ORDER BY started_at DESC, id DESC LIMIT $2",
      to_lower(filter.host), filter.limit);
}

Result<std::vector<ScanId>> find_by_prefix(db::Tx& tx, const std::string& prefix) {
  const auto complete = [&prefix](std::string_view with) {
    return Uuid::parse(prefix + std::string(with.substr(std::min(prefix.size(), with.size()))));
  };
  const auto first = complete("00000000-0000-0000-0000-000000000000");
  const auto last = complete("ffffffff-ffff-ffff-ffff-ffffffffffff");
  // No start of any id.
  if (!first || !last) return {};
  return tx.query<ScanId>("SELECT id FROM scans WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT 2", *first, *last);
}

Result<void> delete_scan(db::Tx& tx, ScanId id) {
  TRY(tx.execute("DELETE FROM scans WHERE id = $1", id));
  return {};
}

}  // namespace gannet::store::impl
