#include "site/profile.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/text.hpp"

namespace gannet::site {

namespace json = boost::json;

namespace {

constexpr std::string_view k_select =
    "SELECT profile_id, organisation_id, name, scan_mode, config, created_by, coalesce(created_at, gannet_now()),"
    " coalesce(updated_at, gannet_now()), version FROM scan_profiles";
constexpr std::size_t k_name_bytes_max = 255;
constexpr std::size_t k_config_bytes_max = 64 * 1024;

Result<json::object> parse_object(std::string_view field, std::string_view text) {
  if (trim(text).empty()) return json::object();
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object()) return fail(ErrorKind::invalid, "{}: it must be a JSON object", field);
  return std::move(value.as_object());
}

Result<void> check_request(const ProfileRequest& request, const CheckConfig& check) {
  if (trim(request.name).empty() || request.name.size() > k_name_bytes_max || printable(request.name) != request.name)
    return fail(ErrorKind::invalid, "name: it must be text of 1 to {} bytes", k_name_bytes_max);
  if (request.scan_mode != "quick" && request.scan_mode != "deep")
    return fail(ErrorKind::invalid, "scan_mode is '{}'; it must be quick or deep", printable(request.scan_mode, 40));
  if (request.config.size() > k_config_bytes_max)
    return fail(ErrorKind::invalid, "config has {} bytes; {} is the most", request.config.size(), k_config_bytes_max);
  TRY(parse_object("config", request.config));
  auto checked = check(request.scan_mode, request.config);
  if (!checked) return pass(checked, "config");
  return {};
}

Result<Profile> get_profile(db::Tx& tx, OrganisationId organisation, ProfileId id) {
  auto profile = TRY(find_profile(tx, organisation, id));
  if (!profile) return fail(ErrorKind::not_found, "there is no profile {}", id.to_string());
  return *profile;
}

/// Asked before writing, because a failed statement would end the caller's transaction.
Result<void> check_name_is_free(db::Tx& tx, OrganisationId organisation, ProfileId id, std::string_view name) {
  const auto other = TRY(tx.query_one<ProfileId>(
      "SELECT profile_id FROM scan_profiles WHERE organisation_id = $1 AND name = $2 AND profile_id <> $3", organisation, name,
      id));
  if (other) return fail(ErrorKind::conflict, "name: there is a profile '{}' already", name);
  return {};
}

}  // namespace

Result<Profile> create_profile(db::Tx& tx, OrganisationId organisation, std::string_view by, ProfileId id,
                               const ProfileRequest& request, const CheckConfig& check) {
  TRY(check_request(request, check));
  TRY(check_name_is_free(tx, organisation, id, request.name));
  TRY(tx.execute(
      "INSERT INTO scan_profiles (profile_id, organisation_id, name, scan_mode, config, created_by, created_at, updated_at,"
      " version) VALUES ($1, $2, $3, $4, $5, $6, gannet_now(), gannet_now(), 1)",
      id, organisation, request.name, request.scan_mode, request.config, by));
  return get_profile(tx, organisation, id);
}

Result<std::optional<Profile>> find_profile(db::Tx& tx, OrganisationId organisation, ProfileId id) {
  return tx.query_one<Profile>(std::string(k_select) + " WHERE organisation_id = $1 AND profile_id = $2", organisation, id);
}

Result<std::vector<Profile>> list_profiles(db::Tx& tx, OrganisationId organisation, std::string_view scan_mode, int limit,
                                           int offset) {
  return tx.query<Profile>(std::string(k_select) +
                               " WHERE organisation_id = $1 AND ($2 = '' OR scan_mode = $2)"
                               " ORDER BY name, profile_id LIMIT $3 OFFSET $4",
                           organisation, scan_mode, std::clamp(limit, 1, 1000), std::max(offset, 0));
}

Result<std::int64_t> count_profiles(db::Tx& tx, OrganisationId organisation, std::string_view scan_mode) {
  return TRY(tx.query_one<std::int64_t>(
                 "SELECT count(*) FROM scan_profiles WHERE organisation_id = $1 AND ($2 = '' OR scan_mode = $2)", organisation,
                 scan_mode))
      .value_or(0);
}

Result<Profile> replace_profile(db::Tx& tx, OrganisationId organisation, ProfileId id, const ProfileRequest& request,
                                const CheckConfig& check, std::optional<std::int64_t> if_version) {
  TRY(check_request(request, check));
  const auto before = TRY(get_profile(tx, organisation, id));
  TRY(check_name_is_free(tx, organisation, id, request.name));
  const auto changed = TRY(tx.execute(
      "UPDATE scan_profiles SET name = $3, scan_mode = $4, config = $5, updated_at = gannet_now(), version = version + 1"
      " WHERE organisation_id = $1 AND profile_id = $2 AND version = $6",
      organisation, id, request.name, request.scan_mode, request.config, if_version.value_or(before.version)));
  if (changed == 0) return fail(ErrorKind::conflict, "the profile {} was changed meanwhile; read it again", id.to_string());
  return get_profile(tx, organisation, id);
}

Result<void> delete_profile(db::Tx& tx, OrganisationId organisation, ProfileId id) {
  if (TRY(tx.execute("DELETE FROM scan_profiles WHERE organisation_id = $1 AND profile_id = $2", organisation, id)) == 0)
    return fail(ErrorKind::not_found, "there is no profile {}", id.to_string());
  return {};
}

Result<std::string> merge_params(std::string_view profile_config, std::string_view own) {
  auto merged = TRY(parse_object("config of the profile", profile_config));
  const auto changes = TRY(parse_object("scan_params", own));
  for (const auto& [name, value] : changes) {
    if (value.is_null())
      merged.erase(name);
    else
      merged[name] = value;
  }
  return json::serialize(merged);
}

Result<std::string> effective_params(db::Tx& tx, OrganisationId organisation, std::optional<ProfileId> profile,
                                     std::string_view own) {
  if (!profile) return merge_params("", own);
  const auto found = TRY(get_profile(tx, organisation, *profile));
  return merge_params(found.config, own);
}

}  // namespace gannet::site
