// Scan requests: the scans that the service was asked for, by a person or a schedule, from the moment they are asked for. The
// scan's id is also its job's, so that progress and cancelling are the queue's. Functions on a transaction of the caller's, which
// makes or ends the job in the same one; the table `scan_requests` is this module's.
//
//   create → pending → running (again after a retry) → success | partial | failed | cancelled
//
// What a scan saw is kept by Store under the same id once the scan has ended, and not before: readers never see half of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"
#include "record/scan.hpp"

namespace gannet::store {

struct ScanRequest {
  ScanId id;
  OrganisationId organisation;
  SiteId site;
  /// As site::Domain has them.
  std::string domain;
  std::string start_url;
  /// "quick" or "deep".
  std::string scan_type = "quick";
  /// JSON object, as it was asked for; with the profile's parameters beneath.
  std::string params = "{}";
  std::optional<ProfileId> profile;
  /// Absent for one that a person asked for.
  std::optional<ScheduleId> schedule;
  /// For people.
  std::string requested_by;

  auto columns() {
    return std::tie(id, organisation, site, domain, start_url, scan_type, params, profile, schedule, requested_by);
  }
};

/// With what became of it.
struct RequestedScan {
  ScanRequest request;
  /// "pending", "running", or as record::to_string(ScanStatus).
  std::string status;
  std::string reason;
  Instant created_at;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  /// Of what was kept; absent before the end.
  std::optional<std::int64_t> page_count;
  std::optional<std::int64_t> cookie_count;

  auto columns() {
    return std::tuple_cat(request.columns(),
                          std::tie(status, reason, created_at, started_at, ended_at, page_count, cookie_count));
  }
};

/// Pending. Error `conflict` where the id is taken.
Result<void> create_scan_request(db::Tx& tx, const ScanRequest& request);

Result<std::optional<RequestedScan>> find_scan_request(db::Tx& tx, OrganisationId organisation, ScanId id);
/// For those who run it: whatever its organisation.
Result<std::optional<RequestedScan>> find_scan_request(db::Tx& tx, ScanId id);

/// Pending or running, of all organisations, the oldest first.
Result<std::vector<ScanRequest>> list_open_scan_requests(db::Tx& tx, int limit);

/// Empty fields do not filter.
struct ScanRequestFilter {
  /// Part of the domain, in lower case, or all of it.
  std::string domain = {};
  bool is_whole_domain = false;
  std::string status = {};
  std::string scan_type = {};
  std::optional<ScheduleId> schedule = {};
  std::optional<SiteId> site = {};
};
struct PageOf {
  int limit = 20;
  std::int64_t offset = 0;
  /// Only what comes after the scan that was created then and has this id.
  std::optional<std::pair<Instant, ScanId>> after = {};
};
/// Newest first.
Result<std::vector<RequestedScan>> list_scan_requests(db::Tx& tx, OrganisationId organisation, const ScanRequestFilter& filter,
                                                      PageOf page);
Result<std::int64_t> count_scan_requests(db::Tx& tx, OrganisationId organisation, const ScanRequestFilter& filter);

/// An attempt began; the first one's time is kept. Error `conflict` where the scan has ended.
Result<void> start_scan_request(db::Tx& tx, ScanId id);
/// Error `conflict` where it has ended already.
Result<void> end_scan_request(db::Tx& tx, ScanId id, record::ScanStatus status, std::string_view reason);

/// Of one that has ended; what was kept of the scan is Store's to delete. Errors: `not_found`; `conflict` while it has not ended.
Result<void> delete_scan_request(db::Tx& tx, OrganisationId organisation, ScanId id);

/// Those that ended before, and of which nothing is kept any more; at most `limit`. Returns how many.
Result<std::int64_t> prune_scan_requests(db::Tx& tx, Instant before, int limit = 500);

}  // namespace gannet::store
