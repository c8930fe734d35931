// Principal: who is calling, as every route sees it. A value made by Authenticator, or by the program for its own work.
#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "identity/scopes.hpp"

namespace gannet::identity {

using LoginSessionId = Id<struct LoginSessionTag>;

struct Principal {
  OrganisationId organisation;
  /// The user who signed in, or for whom the key was made; nobody for a token of the command line.
  std::optional<UserId> user;
  std::optional<ApiKeyId> api_key;
  /// Of a user who signed in with a password.
  std::optional<LoginSessionId> login_session;
  /// E-mail address, name of the key, or "command line": for people and the audit trail.
  std::string name;
  ScopeSet scopes;
  /// Requests a minute that this key may make; nothing for the service's own limit.
  std::optional<int> rate_limit;

  /// What a rate limit counts by: the key, else the user, else the organisation.
  std::string rate_bucket() const;
};

}  // namespace gannet::identity
