#include "identity/scopes.hpp"

#include <array>

#include "base/text.hpp"

namespace gannet::identity {

namespace {

constexpr std::array<std::string_view, k_access_scope_count> k_names{
    "scans:read",     "scans:write",    "schedules:read",     "schedules:write",     "reports:read",   "reports:write",
    "profiles:read",  "profiles:write", "notifications:read", "notifications:write", "analytics:read", "api-keys:read",
    "api-keys:write", "users:read",     "users:write",        "audit:read",          "admin"};

/// Adds what `word` stands for; false where it stands for nothing.
bool add_word(ScopeSet& set, std::string_view word) {
  bool known = false;
  const auto add_where = [&](auto matches) {
    for (std::size_t i = 0; i + 1 < k_names.size(); ++i) {
      if (!matches(k_names[i])) continue;
      set.add(AccessScope(i));
      known = true;
    }
  };
  if (word == "*") {
    add_where([](std::string_view) { return true; });
  } else if (word.starts_with("*:")) {
    add_where([&](std::string_view name) { return name.ends_with(word.substr(1)); });
  } else if (word.ends_with(":*")) {
    add_where([&](std::string_view name) { return name.starts_with(word.substr(0, word.size() - 1)); });
  } else if (const auto scope = find_scope(word)) {
    set.add(*scope);
    known = true;
  }
  return known;
}

std::unexpected<Error> unknown_word(std::string_view word) {
  std::string all;
  for (const auto name : k_names) all += all.empty() ? std::string(name) : ", " + std::string(name);
  return fail(ErrorKind::invalid, "scopes: '{}' is not a scope; there are {}, and wildcards like 'scans:*', '*:read' and '*'",
              printable(word, 60), all);
}

}  // namespace

std::string_view to_string(AccessScope scope) { return k_names[std::size_t(scope)]; }

std::optional<AccessScope> find_scope(std::string_view name) {
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (k_names[i] == name) return AccessScope(i);
  }
  return std::nullopt;
}

Result<ScopeSet> ScopeSet::parse(std::string_view text) {
  ScopeSet set;
  while (!text.empty()) {
    const auto end = text.find_first_of(", \t\r\n");
    const auto word = text.substr(0, end);
    if (!word.empty() && !add_word(set, word)) return unknown_word(word);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return set;
}

Result<ScopeSet> ScopeSet::parse(const std::vector<std::string>& words) {
  ScopeSet set;
  for (const auto& word : words) {
    if (!add_word(set, word)) return unknown_word(word);
  }
  return set;
}

bool ScopeSet::covers(const ScopeSet& other) const { return has(AccessScope::admin) || (other.bits_ & ~bits_).none(); }

std::vector<std::string_view> ScopeSet::names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (bits_.test(i)) names.push_back(k_names[i]);
  }
  return names;
}

std::string ScopeSet::to_string() const {
  std::string text;
  for (const auto name : names()) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::admin: return "admin";
    case Role::user: return "user";
    case Role::viewer: return "viewer";
  }
  return "viewer";
}

Result<Role> parse_role(std::string_view text) {
  const auto lower = to_lower(text);
  for (const auto role : {Role::admin, Role::user, Role::viewer}) {
    if (lower == to_string(role)) return role;
  }
  return fail(ErrorKind::invalid, "role is '{}'; it must be admin, user or viewer", printable(text, 60));
}

ScopeSet scopes_of(Role role) {
  if (role == Role::admin) return ScopeSet::everything();
  ScopeSet set;
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    const auto name = k_names[i];
    const bool is_about_people = name.starts_with("users:") || name.starts_with("audit:") || name == "admin";
    if (!is_about_people && (role == Role::user || name.ends_with(":read"))) set.add(AccessScope(i));
  }
  return set;
}

}  // namespace gannet::identity
