// What a caller may do. Every route asks for one scope; users, keys and tokens carry a set of them. Pure values.
//
// Written as the guides do, "schedules:read". Accepted beside single names: "schedules:*" (both of one subject), "*:read" and
// "*:write" (one of every subject), and "*" (all of these). No wildcard includes "admin"; "admin" includes everything.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace gannet::identity {

enum class AccessScope {
  scans_read,
  scans_write,
  schedules_read,
  schedules_write,
  reports_read,
  reports_write,
  profiles_read,
  profiles_write,
  notifications_read,
  notifications_write,
  analytics_read,
  api_keys_read,
  api_keys_write,
  users_read,
  users_write,
  audit_read,
  admin,
};
inline constexpr std::size_t k_access_scope_count = std::size_t(AccessScope::admin) + 1;

/// "scans:read".
std::string_view to_string(AccessScope scope);
/// Exactly one name, no wildcard.
std::optional<AccessScope> find_scope(std::string_view name);

class ScopeSet {
 public:
  ScopeSet() = default;
  ScopeSet(std::initializer_list<AccessScope> scopes) {
    for (const auto scope : scopes) add(scope);
  }
  static ScopeSet everything() { return {AccessScope::admin}; }

  /// Names and wildcards, separated by commas or white space; empty text is the empty set. Errors: `invalid`, naming the word
  /// and the nearest right ones.
  static Result<ScopeSet> parse(std::string_view text);
  static Result<ScopeSet> parse(const std::vector<std::string>& words);

  void add(AccessScope scope) { bits_.set(std::size_t(scope)); }
  /// Whether a caller with this set may do what asks for `scope`.
  bool allows(AccessScope scope) const { return has(AccessScope::admin) || has(scope); }
  /// Whether nothing in `other` goes beyond this set: what a key's maker must prove.
  bool covers(const ScopeSet& other) const;
  bool empty() const { return bits_.none(); }
  /// Single names in the order of AccessScope.
  std::vector<std::string_view> names() const;
  /// "scans:read scans:write", as tokens and the database keep it.
  std::string to_string() const;
  bool operator==(const ScopeSet&) const = default;

 private:
  bool has(AccessScope scope) const { return bits_.test(std::size_t(scope)); }
  std::bitset<k_access_scope_count> bits_;
};

/// What a user is; stored as its name.
enum class Role {
  admin,   // Everything within the organisation.
  user,    // All reading and writing except of users and the audit trail.
  viewer,  // Reads what is not about people.
};
std::string_view to_string(Role role);
/// In any case. Errors: `invalid`.
Result<Role> parse_role(std::string_view text);
ScopeSet scopes_of(Role role);

}  // namespace gannet::identity
