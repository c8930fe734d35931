// A database of one engine with this module's tables, and a clock that tests move.
#pragma once

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "identity/accounts.hpp"
#include "identity/api_keys.hpp"
#include "identity/authenticator.hpp"
#include "identity/organisations.hpp"
#include "identity/schema.hpp"
#include "identity/users.hpp"

namespace gannet::identity {

class IdentityTest : public testing::TestWithParam<db::EngineForTest> {
 protected:
  void SetUp() override {
    database = data.open({.readers = 1, .writers = 2});
    const auto migrated = database->migrate_blocking(migrations());
    ASSERT_TRUE(migrated) << migrated.error().describe();
  }

  template <class T>
  T run(aio::Task<T> task) {
    return aio::run(context, std::move(task));
  }
  template <class Work>
  auto write(Work work) {
    return database->write_blocking(std::move(work));
  }
  template <class Work>
  auto read(Work work) {
    return database->read_blocking(std::move(work));
  }

  User add_user(std::string email, Role role = Role::user, std::string password = "Gannet42",
                OrganisationId organisation = default_organisation()) {
    const NewUser user{.id = UserId::make(clock, random),
                       .organisation = organisation,
                       .email = std::move(email),
                       .name = "Jane",
                       .role = role,
                       .password_hash = hash_password_blocking(password, PasswordCost::least).value(),
                       .must_change_password = false};
    return write([user](db::Tx& tx) { return insert_user(tx, user); }).value();
  }
  OrganisationId add_organisation(std::string name) {
    return write([name](db::Tx& tx) { return ensure_organisation(tx, name, name); }).value().id;
  }
  static Principal principal_of(const User& user) {
    return {.organisation = user.organisation,
            .user = user.id,
            .api_key = std::nullopt,
            .login_session = std::nullopt,
            .name = user.email,
            .scopes = scopes_of(user.role_of()),
            .rate_limit = std::nullopt};
  }
  std::vector<AuditEntry> audit(AuditFilter filter = {}, OrganisationId organisation = default_organisation()) {
    return read([=](db::Tx& tx) { return list_audit(tx, organisation, filter); }).value();
  }

  boost::asio::io_context context{1};
  ManualClock clock{parse_instant("2026-11-21T12:00:00Z").value()};
  SeededRandom random{20261121};
  db::DatabaseForTest data{GetParam(), clock};
  std::unique_ptr<db::Database> database;
  const TokenKeys keys{.current = std::string(32, 'k'), .previous = ""};
  const Origin origin{.ip = "192.0.2.1", .user_agent = "test/1", .request_id = "r-1"};
};

}  // namespace gannet::identity
