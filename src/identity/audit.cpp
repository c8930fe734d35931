#include "identity/audit.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gannet::identity {

namespace {

constexpr std::size_t k_name_bytes_max = 100;
constexpr std::size_t k_text_bytes_max = 300;
constexpr std::size_t k_details_bytes_max = 16 * 1024;
constexpr std::chrono::days k_keep_min{30};

/// Every field of the filter is a condition that an empty parameter switches off, so that there is one statement to prepare.
constexpr std::string_view k_conditions =
    " FROM audit_logs WHERE organisation_id = $1 AND ($2 = '' OR action = $2) AND ($3 = '' OR resource_type = $3)"
    " AND ($4 = '' OR resource_id = $4) AND ($5 = '' OR status = $5) AND ($6 = '' OR user_id = $7)"
    " AND created_at >= $8 AND created_at <= $9";

constexpr Instant k_earliest{};
/// Year 9999, which both engines can hold.
constexpr Instant k_latest{std::chrono::seconds(253'402'300'799)};

/// Text as PostgreSQL takes it: valid UTF-8 without NUL.
std::string storable(std::string_view text, std::size_t bytes_max) { return printable(text, bytes_max); }

}  // namespace

AuditEvent audit_event(const Principal& by, Origin origin, std::string action, std::string resource_type,
                       std::string resource_id) {
  AuditEvent event;
  event.organisation = by.organisation;
  event.action = std::move(action);
  event.resource_type = std::move(resource_type);
  event.resource_id = std::move(resource_id);
  event.user = by.user;
  event.api_key = by.api_key;
  event.actor = by.name;
  event.origin = std::move(origin);
  return event;
}

Result<void> record_audit(db::Tx& tx, const AuditEvent& event) {
  const auto details = event.details.size() <= k_details_bytes_max
                           ? event.details
                           : std::string(R"({"note":"the details were too long to keep"})");
  TRY(tx.execute(
      "INSERT INTO audit_logs (created_at, organisation_id, action, resource_type, resource_id, user_id, api_key_id,"
      " actor, ip_address, user_agent, request_id, status, details)"
      " VALUES (gannet_now(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      event.organisation, storable(event.action, k_name_bytes_max), storable(event.resource_type, k_name_bytes_max),
      storable(event.resource_id, k_text_bytes_max), event.user, event.api_key, storable(event.actor, k_text_bytes_max),
      storable(event.origin.ip, k_name_bytes_max), storable(event.origin.user_agent, k_text_bytes_max),
      storable(event.origin.request_id, k_name_bytes_max), event.status, details));
  return {};
}

Result<std::vector<AuditEntry>> list_audit(db::Tx& tx, OrganisationId organisation, const AuditFilter& filter) {
  return tx.query<AuditEntry>(
      "SELECT id, created_at, organisation_id, action, resource_type, resource_id, user_id, api_key_id, actor, ip_address,"
      " user_agent, request_id, status, details" +
          std::string(k_conditions) + " AND id < $10 ORDER BY id DESC LIMIT $11",
      organisation, filter.action, filter.resource_type, filter.resource_id, filter.status, filter.user ? "1" : "",
      filter.user.value_or(UserId()), filter.from.value_or(k_earliest), filter.to.value_or(k_latest),
      filter.before.value_or(std::numeric_limits<std::int64_t>::max()), std::clamp(filter.limit, 1, 1000));
}

Result<std::int64_t> count_audit(db::Tx& tx, OrganisationId organisation, const AuditFilter& filter) {
  auto count = TRY(tx.query_one<std::int64_t>("SELECT count(*)" + std::string(k_conditions), organisation, filter.action,
                                              filter.resource_type, filter.resource_id, filter.status, filter.user ? "1" : "",
                                              filter.user.value_or(UserId()), filter.from.value_or(k_earliest),
                                              filter.to.value_or(k_latest)));
  return count.value_or(0);
}

Result<std::int64_t> prune_audit(db::Tx& tx, std::chrono::days keep, int limit) {
  const auto keep_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(keep, k_keep_min)).count();
  return tx.execute(
      "DELETE FROM audit_logs WHERE id IN"
      " (SELECT id FROM audit_logs WHERE created_at <= gannet_later(gannet_now(), $1) ORDER BY created_at LIMIT $2)",
      -keep_ms, limit);
}

}  // namespace gannet::identity
