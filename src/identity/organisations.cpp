#include "identity/organisations.hpp"

#include "base/text.hpp"

namespace gannet::identity {

namespace {

constexpr std::string_view k_select = "SELECT id, name, external_id, enabled, created_at FROM organisations";
constexpr std::size_t k_name_bytes_max = 255;

}  // namespace

OrganisationId organisation_id_of(std::string_view text) {
  text = trim(text);
  return text.empty() ? default_organisation() : OrganisationId(uuid_of(text, Uuid()));
}

Result<Organisation> ensure_organisation(db::Tx& tx, std::string_view text, std::string_view name) {
  const auto external = trim(text);
  if (external.size() > k_name_bytes_max || name.size() > k_name_bytes_max)
    return fail(ErrorKind::invalid, "organisation: name and id may have {} bytes at most", k_name_bytes_max);
  const auto id = organisation_id_of(external);
  const bool is_foreign = !external.empty() && !Uuid::parse(external);
  TRY(
      tx.execute("INSERT INTO organisations (id, name, external_id, enabled, created_at) VALUES ($1, $2, $3, $4, gannet_now())"
                 " ON CONFLICT (id) DO NOTHING",
                 id, name.empty() ? external : name, is_foreign ? external : std::string_view(), true));
  auto found = TRY(find_organisation(tx, id));
  if (!found) return fail(ErrorKind::internal, "the organisation {} was made and is not there", id.to_string());
  return *found;
}

Result<std::optional<Organisation>> find_organisation(db::Tx& tx, OrganisationId id) {
  return tx.query_one<Organisation>(std::string(k_select) + " WHERE id = $1", id);
}

Result<std::vector<Organisation>> list_organisations(db::Tx& tx) {
  return tx.query<Organisation>(std::string(k_select) + " ORDER BY name, id");
}

Result<Organisation> update_organisation(db::Tx& tx, OrganisationId id, const OrganisationChange& change) {
  if (change.name && (trim(*change.name).empty() || change.name->size() > k_name_bytes_max))
    return fail(ErrorKind::invalid, "the name has {} bytes; right would be 1 to {}", trim(*change.name).size(), k_name_bytes_max);
  if (id == default_organisation() && change.enabled == false)
    return fail(ErrorKind::invalid, "the default organisation cannot be disabled");
  TRY(tx.execute("UPDATE organisations SET name = COALESCE($2, name), enabled = COALESCE($3, enabled) WHERE id = $1", id,
                 change.name, change.enabled));
  auto found = TRY(find_organisation(tx, id));
  if (!found) return fail(ErrorKind::not_found, "there is no organisation {}", id.to_string());
  return *found;
}

}  // namespace gannet::identity
