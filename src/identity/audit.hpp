// The audit trail: who did what to what, from where, and how it ended. Written in the transaction that does it, so that neither
// is without the other; never changed afterwards (the database refuses), only removed when it is older than its retention.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "db/database.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

/// Where a request came from, as the trail keeps it. Cut to 100 and 300 bytes.
struct Origin {
  std::string ip{};
  std::string user_agent{};
  std::string request_id{};
};

struct AuditEvent {
  OrganisationId organisation;
  /// As "schedule.delete", "auth.login": subject, dot, verb.
  std::string action;
  /// What it was done to: "schedule" and its id. Empty for nothing in particular.
  std::string resource_type;
  std::string resource_id;
  std::optional<UserId> user;
  std::optional<ApiKeyId> api_key;
  /// Who, for people, also after the user is gone.
  std::string actor;
  Origin origin;
  /// "success", "failure" or "denied".
  std::string status = "success";
  /// A JSON object without secrets.
  std::string details = "{}";
};

/// An event by this principal.
AuditEvent audit_event(const Principal& by, Origin origin, std::string action, std::string resource_type = "",
                       std::string resource_id = "");

/// Kept as they are given, but cut where they are long.
Result<void> record_audit(db::Tx& tx, const AuditEvent& event);

struct AuditEntry {
  std::int64_t id = 0;
  Instant at;
  OrganisationId organisation;
  std::string action;
  std::string resource_type;
  std::string resource_id;
  std::optional<UserId> user;
  std::optional<ApiKeyId> api_key;
  std::string actor;
  std::string ip;
  std::string user_agent;
  std::string request_id;
  std::string status;
  std::string details;

  auto columns() {
    return std::tie(id, at, organisation, action, resource_type, resource_id, user, api_key, actor, ip, user_agent, request_id,
                    status, details);
  }
};

/// Empty fields do not filter.
struct AuditFilter {
  std::string action{};
  std::string resource_type{};
  std::string resource_id{};
  std::optional<UserId> user{};
  std::string status{};
  std::optional<Instant> from{};
  std::optional<Instant> to{};
  /// Entries with smaller ids only: the cursor of the next page.
  std::optional<std::int64_t> before{};
  int limit = 50;
};

/// Newest first, of one organisation.
Result<std::vector<AuditEntry>> list_audit(db::Tx& tx, OrganisationId organisation, const AuditFilter& filter);
/// Of the whole filter but for `before` and `limit`.
Result<std::int64_t> count_audit(db::Tx& tx, OrganisationId organisation, const AuditFilter& filter);

/// Removes at most `limit` entries that are older than `keep`, at least 30 days; returns how many. Call again until it is 0.
Result<std::int64_t> prune_audit(db::Tx& tx, std::chrono::days keep, int limit = 500);

}  // namespace gannet::identity
