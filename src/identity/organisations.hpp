// Organisations: who owns what. Every row that a user can see names one, and every query asks for one. Functions on a
// transaction of the caller's; the table `organisations` is this module's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "db/database.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

struct Organisation {
  OrganisationId id;
  std::string name;
  /// The text that another system calls it by ("org-123"), echoed where it was sent; empty for none.
  std::string external_id;
  bool enabled = true;
  Instant created_at;

  auto columns() { return std::tie(id, name, external_id, enabled, created_at); }
};

/// What a border makes of an organisation's name in a request: a UUID as it is; other text by version 5, always the same; empty
/// text the default organisation.
OrganisationId organisation_id_of(std::string_view text);

/// `text` as for organisation_id_of; kept as external_id where it is not a UUID. Made when it is not there yet.
Result<Organisation> ensure_organisation(db::Tx& tx, std::string_view text, std::string_view name);
Result<std::optional<Organisation>> find_organisation(db::Tx& tx, OrganisationId id);
/// By name.
Result<std::vector<Organisation>> list_organisations(db::Tx& tx);

struct OrganisationChange {
  std::optional<std::string> name{};
  /// Nobody of a disabled organisation can sign in or use a key.
  std::optional<bool> enabled{};
};
/// Errors: `not_found`; `invalid` for a name that is empty or too long, and for disabling the default one.
Result<Organisation> update_organisation(db::Tx& tx, OrganisationId id, const OrganisationChange& change);

}  // namespace gannet::identity
