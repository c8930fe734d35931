// Users: people who sign in with e-mail address and password. Functions on a transaction of the caller's; the table `users` is
// this module's. Hashing happens before, in Accounts: a transaction never waits for argon2id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/database.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

struct User {
  UserId id;
  OrganisationId organisation;
  /// In lower case; unique over all organisations, because it is all that a login names.
  std::string email;
  std::string name;
  std::string role;
  bool enabled = true;
  /// The password was given by somebody else; until it is changed, the user can do nothing but that.
  bool must_change_password = false;
  Instant created_at;
  std::optional<Instant> last_login_at;

  Role role_of() const { return parse_role(role).value_or(Role::viewer); }
  auto columns() {
    return std::tie(id, organisation, email, name, role, enabled, must_change_password, created_at, last_login_at);
  }
};

/// Trimmed and in lower case. Errors: `invalid` for what cannot be an address: no or several "@", spaces, more than 254 bytes.
Result<std::string> normalise_email(std::string_view text);

struct NewUser {
  UserId id{};
  OrganisationId organisation{};
  std::string email{};
  std::string name{};
  Role role = Role::viewer;
  std::string password_hash{};
  bool must_change_password = true;
};

/// Errors: `conflict` for an address in use, `not_found` for an unknown organisation.
Result<User> insert_user(db::Tx& tx, const NewUser& user);
Result<std::optional<User>> find_user(db::Tx& tx, OrganisationId organisation, UserId id);
/// By e-mail address.
Result<std::vector<User>> list_users(db::Tx& tx, OrganisationId organisation, int limit = 100, int offset = 0);
Result<std::int64_t> count_users(db::Tx& tx, OrganisationId organisation);

struct UserChange {
  std::optional<std::string> name{};
  std::optional<Role> role{};
  std::optional<bool> enabled{};
};
/// A user who is disabled or gets another role is signed out everywhere; keys a disabled user made stop working. Errors:
/// `not_found`; `conflict` where it would leave the organisation without an enabled administrator.
Result<User> update_user(db::Tx& tx, OrganisationId organisation, UserId id, const UserChange& change);
/// The user's keys go with the user, the audit trail stays. Errors as for update_user.
Result<void> delete_user(db::Tx& tx, OrganisationId organisation, UserId id);
/// Signs the user out everywhere but in `except`.
Result<void> set_password_hash(db::Tx& tx, UserId id, std::string_view password_hash, bool must_change_password,
                               std::optional<LoginSessionId> except = std::nullopt);

}  // namespace gannet::identity
