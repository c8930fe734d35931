#include "site/site.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gannet::site {

namespace {

constexpr std::string_view k_select =
    "SELECT id, organisation_id, external_id, domain, start_url, created_at, updated_at FROM sites";
constexpr std::size_t k_id_bytes_max = 255;

}  // namespace

Result<SiteId> site_id_of(OrganisationId organisation, std::string_view domain_config_id) {
  const auto text = trim(domain_config_id);
  if (text.empty() || text.size() > k_id_bytes_max || printable(text) != text)
    return fail(ErrorKind::invalid, "domain_config_id must be a UUID or another text of 1 to {} bytes", k_id_bytes_max);
  return SiteId(uuid_of(text, organisation.uuid()));
}

Result<Site> ensure_site(db::Tx& tx, OrganisationId organisation, const SiteRequest& request) {
  const auto text = trim(request.domain_config_id);
  const auto id = text.empty() ? request.made_id : TRY(site_id_of(organisation, text));
  const bool is_foreign = !text.empty() && !Uuid::parse(text);
  TRY(
      tx.execute("INSERT INTO sites (id, organisation_id, external_id, domain, start_url, created_at, updated_at)"
                 " VALUES ($1, $2, $3, $4, $5, gannet_now(), gannet_now()) ON CONFLICT (organisation_id, id) DO UPDATE SET"
                 " domain = excluded.domain, start_url = excluded.start_url, updated_at = excluded.updated_at"
                 " WHERE sites.domain <> excluded.domain OR sites.start_url <> excluded.start_url",
                 id, organisation, is_foreign ? text : std::string_view(), request.domain.domain, request.domain.start_url));
  auto site = TRY(find_site(tx, organisation, id));
  if (!site) return fail(ErrorKind::internal, "the site {} was made and is not there", id.to_string());
  return *site;
}

Result<std::optional<Site>> find_site(db::Tx& tx, OrganisationId organisation, SiteId id) {
  return tx.query_one<Site>(std::string(k_select) + " WHERE organisation_id = $1 AND id = $2", organisation, id);
}

Result<std::vector<Site>> list_sites(db::Tx& tx, OrganisationId organisation, std::string_view domain, int limit, int offset) {
  return tx.query<Site>(std::string(k_select) +
                            " WHERE organisation_id = $1 AND ($2 = '' OR domain = $2) ORDER BY created_at DESC, id DESC"
                            " LIMIT $3 OFFSET $4",
                        organisation, domain, std::clamp(limit, 1, 1000), std::max(offset, 0));
}

Result<void> delete_site(db::Tx& tx, OrganisationId organisation, SiteId id) {
  if (TRY(tx.execute("DELETE FROM sites WHERE organisation_id = $1 AND id = $2", organisation, id)) == 0)
    return fail(ErrorKind::not_found, "there is no site {}", id.to_string());
  return {};
}

}  // namespace gannet::site
