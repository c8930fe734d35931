#include "identity/users.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "identity/impl/login_sessions.hpp"

namespace gannet::identity {

namespace {

constexpr std::string_view k_select =
    "SELECT id, organisation_id, email, name, role, enabled, must_change_password, created_at, last_login_at FROM users";
constexpr std::size_t k_email_bytes_max = 254;
constexpr std::size_t k_name_bytes_max = 255;

Result<void> check_name(std::string_view name) {
  if (name.size() > k_name_bytes_max || printable(name) != name)
    return fail(ErrorKind::invalid, "name: it must be text of at most {} bytes", k_name_bytes_max);
  return {};
}

Result<User> get_user(db::Tx& tx, OrganisationId organisation, UserId id) {
  auto user = TRY(find_user(tx, organisation, id));
  if (!user) return fail(ErrorKind::not_found, "there is no user {}", id.to_string());
  return *user;
}

/// To be asked after a change. The rows of all administrators are locked first, so that two who remove each other do not both
/// succeed.
Result<void> check_has_admin(db::Tx& tx, OrganisationId organisation) {
  if (TRY(tx.execute("UPDATE users SET enabled = enabled WHERE organisation_id = $1 AND role = 'admin' AND enabled",
                     organisation)) == 0)
    return fail(ErrorKind::conflict, "this is the last administrator of the organisation; make another one first");
  return {};
}

}  // namespace

Result<std::string> normalise_email(std::string_view text) {
  auto email = to_lower(trim(text));
  const auto at = email.find('@');
  const bool is_shaped =
      at != std::string::npos && at > 0 && at + 1 < email.size() && email.find('@', at + 1) == std::string::npos;
  const bool is_clean = std::ranges::all_of(email, [](char c) { return std::uint8_t(c) > 0x20 && c != 0x7f; });
  if (!is_shaped || !is_clean || email.size() > k_email_bytes_max || printable(email) != email)
    return fail(ErrorKind::invalid, "email: '{}' is not an e-mail address like name@example.com", printable(text, 100));
  return email;
}

Result<User> insert_user(db::Tx& tx, const NewUser& user) {
  const auto email = TRY(normalise_email(user.email));
  TRY(check_name(user.name));
  if (!TRY(tx.query_one<OrganisationId>("SELECT id FROM organisations WHERE id = $1", user.organisation)))
    return fail(ErrorKind::not_found, "there is no organisation {}", user.organisation.to_string());
  const auto made = TRY(tx.execute(
      "INSERT INTO users (id, organisation_id, email, name, role, password_hash, must_change_password, enabled, created_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, gannet_now()) ON CONFLICT (email) DO NOTHING",
      user.id, user.organisation, email, user.name, to_string(user.role), user.password_hash, user.must_change_password, true));
  if (made == 0) return fail(ErrorKind::conflict, "email: {} is in use", email);
  return get_user(tx, user.organisation, user.id);
}

Result<std::optional<User>> find_user(db::Tx& tx, OrganisationId organisation, UserId id) {
  return tx.query_one<User>(std::string(k_select) + " WHERE organisation_id = $1 AND id = $2", organisation, id);
}

Result<std::vector<User>> list_users(db::Tx& tx, OrganisationId organisation, int limit, int offset) {
  return tx.query<User>(std::string(k_select) + " WHERE organisation_id = $1 ORDER BY email LIMIT $2 OFFSET $3", organisation,
                        std::clamp(limit, 1, 1000), std::max(offset, 0));
}

Result<std::int64_t> count_users(db::Tx& tx, OrganisationId organisation) {
  return TRY(tx.query_one<std::int64_t>("SELECT count(*) FROM users WHERE organisation_id = $1", organisation)).value_or(0);
}

Result<User> update_user(db::Tx& tx, OrganisationId organisation, UserId id, const UserChange& change) {
  const auto before = TRY(get_user(tx, organisation, id));
  if (change.name) TRY(check_name(*change.name));
  const auto role = change.role.value_or(before.role_of());
  const bool enabled = change.enabled.value_or(before.enabled);
  TRY(tx.execute("UPDATE users SET name = $3, role = $4, enabled = $5 WHERE organisation_id = $1 AND id = $2", organisation, id,
                 change.name.value_or(before.name), to_string(role), enabled));
  if (before.enabled && before.role_of() == Role::admin && (!enabled || role != Role::admin))
    TRY(check_has_admin(tx, organisation));
  if (role != before.role_of() || !enabled) TRY(impl::revoke_login_sessions(tx, id, std::nullopt));
  return get_user(tx, organisation, id);
}

Result<void> delete_user(db::Tx& tx, OrganisationId organisation, UserId id) {
  const auto user = TRY(get_user(tx, organisation, id));
  TRY(tx.execute("DELETE FROM users WHERE organisation_id = $1 AND id = $2", organisation, id));
  if (user.enabled && user.role_of() == Role::admin) TRY(check_has_admin(tx, organisation));
  return {};
}

Result<void> set_password_hash(db::Tx& tx, UserId id, std::string_view password_hash, bool must_change_password,
                               std::optional<LoginSessionId> except) {
  if (TRY(tx.execute("UPDATE users SET password_hash = $2, must_change_password = $3 WHERE id = $1", id, password_hash,
                     must_change_password)) == 0)
    return fail(ErrorKind::not_found, "there is no user {}", id.to_string());
  return impl::revoke_login_sessions(tx, id, except);
}

}  // namespace gannet::identity
