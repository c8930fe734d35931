// Sites: what is scanned. One for each domain_config_id that another system, or a schedule, names; with the domain it stands for
// and the page where scans begin. Functions on a transaction of the caller's; the table `sites` is this module's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"
#include "site/domain.hpp"

namespace gannet::site {

struct Site {
  SiteId id;
  OrganisationId organisation;
  /// What the other system calls it where that is no UUID ("abc-123"); empty otherwise.
  std::string external_id;
  std::string domain;
  std::string start_url;
  Instant created_at;
  Instant updated_at;

  /// What replies show as domain_config_id: as it was sent.
  std::string shown_id() const { return external_id.empty() ? id.to_string() : external_id; }
  auto columns() { return std::tie(id, organisation, external_id, domain, start_url, created_at, updated_at); }
};

/// The id that a domain_config_id stands for within an organisation: a UUID itself, other text always the same version 5.
/// Errors: `invalid` for an empty text, or one of more than 255 bytes or not printable.
Result<SiteId> site_id_of(OrganisationId organisation, std::string_view domain_config_id);

struct SiteRequest {
  /// Empty: `made_id` is taken.
  std::string domain_config_id{};
  SiteId made_id{};
  Domain domain{};
};
/// Makes the site, or gives it this domain. What it had before holds for scans that were done.
Result<Site> ensure_site(db::Tx& tx, OrganisationId organisation, const SiteRequest& request);

Result<std::optional<Site>> find_site(db::Tx& tx, OrganisationId organisation, SiteId id);
/// Newest first; of one domain where that is given.
Result<std::vector<Site>> list_sites(db::Tx& tx, OrganisationId organisation, std::string_view domain, int limit = 100,
                                     int offset = 0);
/// Scans and schedules stay. Errors: `not_found`.
Result<void> delete_site(db::Tx& tx, OrganisationId organisation, SiteId id);

}  // namespace gannet::site
