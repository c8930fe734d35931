#include "store/impl/content_rows.hpp"

#include <map>

namespace gannet::store::impl {

std::string_view table_of(ContentClass content_class) {
  switch (content_class) {
    case ContentClass::visits: return "scan_visits";
    case ContentClass::screenshots: return "scan_screenshots";
    case ContentClass::judgements: return "scan_judgements";
  }
  return "";
}

Result<std::set<std::string>> contents_in_use(db::Tx& tx, ContentClass content_class, const std::string& prefix) {
  // 'g' comes after every digit.
  auto used = TRY(tx.query<std::string>(
      fmt::format("SELECT DISTINCT sha256 FROM {} WHERE sha256 >= $1 AND sha256 < $2", table_of(content_class)), prefix,
      prefix + "g"));
  return std::set<std::string>(std::make_move_iterator(used.begin()), std::make_move_iterator(used.end()));
}

Result<std::vector<std::string>> contents_of(db::Tx& tx, ContentClass content_class, ScanId id) {
  return tx.query<std::string>(
      fmt::format("SELECT DISTINCT sha256 FROM {} WHERE scan_id = $1 ORDER BY sha256", table_of(content_class)), id);
}

Result<void> insert_screenshot(db::Tx& tx, ScanId id, const db::BlobStore::Stored& stored) {
  TRY(tx.execute("INSERT INTO scan_screenshots (scan_id, sha256, size_bytes, stored_bytes) VALUES ($1, $2, $3, $4)", id,
                 stored.sha256, std::int64_t(stored.size_bytes), std::int64_t(stored.stored_bytes)));
  return {};
}

Result<void> insert_judgement(db::Tx& tx, ScanId id, Instant judged_at, const db::BlobStore::Stored& stored) {
  TRY(
      tx.execute("INSERT INTO scan_judgements (scan_id, number, judged_at, sha256, size_bytes, stored_bytes)"
                 " SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM scan_judgements WHERE scan_id = $1",
                 id, judged_at, stored.sha256, std::int64_t(stored.size_bytes), std::int64_t(stored.stored_bytes)));
  return {};
}

Result<std::vector<std::string>> list_judgements(db::Tx& tx, ScanId id) {
  return tx.query<std::string>("SELECT sha256 FROM scan_judgements WHERE scan_id = $1 ORDER BY number", id);
}

Result<std::vector<ScanId>> list_outdated_scans(db::Tx& tx, Instant before) {
  return tx.query<ScanId>(
      "WITH ended AS (SELECT id, host, status, started_at FROM scans WHERE status <> 'running'),"
      " ranked AS (SELECT id, started_at,"
      "  row_number() OVER (PARTITION BY host ORDER BY started_at, id) AS from_first,"
      "  row_number() OVER (PARTITION BY host ORDER BY started_at DESC, id DESC) AS from_last,"
      "  CASE WHEN status = 'success' THEN row_number() OVER"
      "   (PARTITION BY host, status ORDER BY started_at DESC, id DESC) ELSE 0 END AS from_last_success FROM ended)"
      " SELECT id FROM ranked WHERE started_at < $1 AND from_first > 1 AND from_last > 1 AND from_last_success <> 1"
      " ORDER BY started_at, id",
      before);
}

Result<std::vector<ScanId>> list_scans_with_outdated_screenshots(db::Tx& tx, Instant before) {
  return tx.query<ScanId>(
      "SELECT id FROM scans WHERE started_at < $1 AND id IN (SELECT scan_id FROM scan_screenshots) ORDER BY started_at, id",
      before);
}

Result<void> delete_screenshots(db::Tx& tx, ScanId id) {
  TRY(tx.execute("DELETE FROM scan_screenshots WHERE scan_id = $1", id));
  return {};
}

namespace {

struct Named {
  ScanId scan_id;
  std::string sha256;
  std::int64_t stored_bytes = 0;
  auto columns() { return std::tie(scan_id, sha256, stored_bytes); }
};

}  // namespace

Result<StoredSize> measure_contents_of_only(db::Tx& tx, ContentClass content_class, const std::set<ScanId>& scans) {
  const auto table = table_of(content_class);
  StoredSize size;
  std::set<std::string> counted;
  for (const auto& id : scans) {
    // All who name what this scan names.
    const auto rows = TRY(tx.query<Named>(
        fmt::format("SELECT scan_id, sha256, stored_bytes FROM {0} WHERE sha256 IN (SELECT sha256 FROM {0} WHERE scan_id = $1)",
                    table),
        id));
    std::map<std::string, std::int64_t> only_here;
    for (const auto& row : rows) only_here.emplace(row.sha256, row.stored_bytes);
    for (const auto& row : rows)
      if (!scans.contains(row.scan_id)) only_here.erase(row.sha256);
    for (const auto& [sha256, stored_bytes] : only_here) {
      if (!counted.insert(sha256).second) continue;
      ++size.files;
      size.bytes += std::uint64_t(stored_bytes);
    }
  }
  return size;
}

}  // namespace gannet::store::impl
