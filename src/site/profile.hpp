// Scan profiles: parameters of scans under a name, to be used again. What a schedule or a caller says beats its profile, and the
// profile beats the defaults. Functions on a transaction of the caller's; the table `scan_profiles` is this module's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

namespace gannet::site {

struct Profile {
  ProfileId id;
  OrganisationId organisation;
  std::string name;
  /// "quick" or "deep".
  std::string scan_mode;
  /// Scan parameters: a JSON object.
  std::string config;
  /// For people: an address, or what an older scheduler wrote.
  std::optional<std::string> created_by;
  Instant created_at;
  Instant updated_at;
  /// Grows with each change: what an ETag is made of.
  std::int64_t version = 1;

  auto columns() { return std::tie(id, organisation, name, scan_mode, config, created_by, created_at, updated_at, version); }
};

/// Whether scans of this mode can be made with these parameters; scan::parse_scan_params knows. Error `invalid` names the field.
using CheckConfig = std::function<Result<void>(std::string_view scan_mode, std::string_view config)>;

struct ProfileRequest {
  std::string name{};
  std::string scan_mode = "quick";
  std::string config = "{}";
};

/// `by` is for people. Errors: `invalid` for a name that is not 1 to 255 bytes, another mode, or a config that `check` refuses;
/// `conflict` for a name in use in the organisation.
Result<Profile> create_profile(db::Tx& tx, OrganisationId organisation, std::string_view by, ProfileId id,
                               const ProfileRequest& request, const CheckConfig& check);
Result<std::optional<Profile>> find_profile(db::Tx& tx, OrganisationId organisation, ProfileId id);
/// By name; of one mode where that is given.
Result<std::vector<Profile>> list_profiles(db::Tx& tx, OrganisationId organisation, std::string_view scan_mode, int limit = 100,
                                           int offset = 0);
Result<std::int64_t> count_profiles(db::Tx& tx, OrganisationId organisation, std::string_view scan_mode);
/// All of it anew. Errors: as create_profile; `not_found`; `conflict` where `if_version` is given and no longer right.
Result<Profile> replace_profile(db::Tx& tx, OrganisationId organisation, ProfileId id, const ProfileRequest& request,
                                const CheckConfig& check, std::optional<std::int64_t> if_version = std::nullopt);
/// Errors: `not_found`.
Result<void> delete_profile(db::Tx& tx, OrganisationId organisation, ProfileId id);

/// What a scan is made with: `own` (a JSON object, or empty) over the profile's config. A null in `own` takes a parameter of the
/// profile away (RFC 7396, one level deep). Errors: `not_found` for an unknown profile, `invalid` for what is no JSON object.
Result<std::string> effective_params(db::Tx& tx, OrganisationId organisation, std::optional<ProfileId> profile,
                                     std::string_view own);
/// The pure part.
Result<std::string> merge_params(std::string_view profile_config, std::string_view own);

}  // namespace gannet::site
