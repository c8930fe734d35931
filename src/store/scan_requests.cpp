#include "store/scan_requests.hpp"

namespace gannet::store {

namespace {

constexpr std::string_view k_select =
    "SELECT r.scan_id, r.organisation_id, r.domain_config_id, r.domain, r.start_url, r.scan_type, r.params, r.profile_id,"
    " r.schedule_id, r.requested_by, r.status, r.reason, r.created_at, r.started_at, r.ended_at, s.visit_count, s.cookie_count"
    " FROM scan_requests r LEFT JOIN scans s ON s.id = r.scan_id ";

/// $1 is the organisation, $2 to $6 the filter's fields; an empty text or NULL lets all pass.
constexpr std::string_view k_matching =
    "WHERE r.organisation_id = $1"
    " AND ($2 = '' OR r.domain LIKE $2 ESCAPE '\\')"
    " AND ($3 = '' OR r.status = $3)"
    " AND ($4 = '' OR r.scan_type = $4)"
    " AND ($5 IS NULL OR r.schedule_id = $5)"
    " AND ($6 IS NULL OR r.domain_config_id = $6)";

/// PostgreSQL wants to know the type of a parameter that it only sees compared with itself.
constexpr std::string_view k_matching_postgres =
    "WHERE r.organisation_id = $1"
    " AND ($2::text = '' OR r.domain LIKE $2::text ESCAPE '\\')"
    " AND ($3::text = '' OR r.status = $3::text)"
    " AND ($4::text = '' OR r.scan_type = $4::text)"
    " AND ($5::uuid IS NULL OR r.schedule_id = $5::uuid)"
    " AND ($6::uuid IS NULL OR r.domain_config_id = $6::uuid)";

std::string_view matching(const db::Tx& tx) {
  return db::DialectSql{.sqlite = k_matching, .postgres = k_matching_postgres}.of(tx.dialect());
}

/// For LIKE: nothing in the filter's own text is a wildcard. Empty for no filter.
std::string domain_pattern(const ScanRequestFilter& filter) {
  if (filter.domain.empty()) return "";
  std::string text;
  for (const char c : filter.domain) {
    if (c == '%' || c == '_' || c == '\\') text += '\\';
    text += c;
  }
  return filter.is_whole_domain ? text : "%" + text + "%";
}

}  // namespace

Result<void> create_scan_request(db::Tx& tx, const ScanRequest& request) {
  TRY(
      tx.execute("INSERT INTO scan_requests (scan_id, organisation_id, domain_config_id, domain, start_url, scan_type, params,"
                 " profile_id, schedule_id, requested_by, status, created_at)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', gannet_now())",
                 request.id, request.organisation, request.site, request.domain, request.start_url, request.scan_type,
                 request.params, request.profile, request.schedule, request.requested_by));
  return {};
}

Result<std::optional<RequestedScan>> find_scan_request(db::Tx& tx, OrganisationId organisation, ScanId id) {
  return tx.query_one<RequestedScan>(fmt::format("{} WHERE r.scan_id = $1 AND r.organisation_id = $2", k_select), id,
                                     organisation);
}

Result<std::optional<RequestedScan>> find_scan_request(db::Tx& tx, ScanId id) {
  return tx.query_one<RequestedScan>(fmt::format("{} WHERE r.scan_id = $1", k_select), id);
}

Result<std::vector<ScanRequest>> list_open_scan_requests(db::Tx& tx, int limit) {
  return tx.query<ScanRequest>(
      "SELECT scan_id, organisation_id, domain_config_id, domain, start_url, scan_type, params, profile_id, schedule_id, "
      "requested_by"
      " FROM scan_requests WHERE ended_at IS NULL ORDER BY created_at LIMIT $1",
      limit);
}

Result<std::vector<RequestedScan>> list_scan_requests(db::Tx& tx, OrganisationId organisation, const ScanRequestFilter& filter,
                                                      PageOf page) {
  const auto sql = [&](std::string_view after) {
    return fmt::format("{} {}{} ORDER BY r.created_at DESC, r.scan_id DESC LIMIT $7 OFFSET $8", k_select, matching(tx), after);
  };
  if (page.after)
    return tx.query<RequestedScan>(sql(" AND (r.created_at, r.scan_id) < ($9, $10)"), organisation, domain_pattern(filter),
                                   filter.status, filter.scan_type, filter.schedule, filter.site, page.limit, page.offset,
                                   page.after->first, page.after->second);
  return tx.query<RequestedScan>(sql(""), organisation, domain_pattern(filter), filter.status, filter.scan_type, filter.schedule,
                                 filter.site, page.limit, page.offset);
}

Result<std::int64_t> count_scan_requests(db::Tx& tx, OrganisationId organisation, const ScanRequestFilter& filter) {
  const auto count =
      TRY(tx.query_one<std::int64_t>(fmt::format("SELECT count(*) FROM scan_requests r {}", matching(tx)), organisation,
                                     domain_pattern(filter), filter.status, filter.scan_type, filter.schedule, filter.site));
  return count.value_or(0);
}

Result<void> start_scan_request(db::Tx& tx, ScanId id) {
  const auto changed =
      TRY(tx.execute("UPDATE scan_requests SET status = 'running', started_at = COALESCE(started_at, gannet_now())"
                     " WHERE scan_id = $1 AND ended_at IS NULL",
                     id));
  if (changed == 0) return fail(ErrorKind::conflict, "scan {} has ended, or was deleted", id.to_string());
  return {};
}

Result<void> end_scan_request(db::Tx& tx, ScanId id, record::ScanStatus status, std::string_view reason) {
  const auto changed =
      TRY(tx.execute("UPDATE scan_requests SET status = $2, reason = $3, ended_at = gannet_now()"
                     " WHERE scan_id = $1 AND ended_at IS NULL",
                     id, record::to_string(status), reason));
  if (changed == 0) return fail(ErrorKind::conflict, "scan {} has ended already, or was deleted", id.to_string());
  return {};
}

Result<void> delete_scan_request(db::Tx& tx, OrganisationId organisation, ScanId id) {
  const auto found = TRY(find_scan_request(tx, organisation, id));
  if (!found) return fail(ErrorKind::not_found, "there is no scan {}", id.to_string());
  if (!found->ended_at) return fail(ErrorKind::conflict, "scan {} has not ended; cancel it first", id.to_string());
  TRY(tx.execute("DELETE FROM scan_requests WHERE scan_id = $1", id));
  return {};
}

Result<std::int64_t> prune_scan_requests(db::Tx& tx, Instant before, int limit) {
  return tx.execute(
      "DELETE FROM scan_requests WHERE scan_id IN ("
      " SELECT r.scan_id FROM scan_requests r WHERE r.ended_at < $1"
      " AND NOT EXISTS (SELECT 1 FROM scans s WHERE s.id = r.scan_id) ORDER BY r.ended_at LIMIT $2)",
      before, limit);
}

}  // namespace gannet::store
