#include "identity/api_keys.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "identity/fixture_for_test.hpp"

namespace gannet::identity {
namespace {

using namespace std::chrono_literals;

class ApiKeys : public IdentityTest {
 protected:
  Result<NewApiKey> create(const Principal& by, std::string_view scopes, std::optional<Instant> expires_at = std::nullopt) {
    const ApiKeyRequest request{.id = ApiKeyId::make(clock, random),
                                .name = "ci",
                                .scopes = ScopeSet::parse(scopes).value(),
                                .rate_limit = 100,
                                .expires_at = expires_at};
    return write([=](db::Tx& tx) { return create_api_key(tx, by, request); });
  }
  Result<Principal> authenticate(std::string key) {
    return run(authenticator->authenticate_api_key(aio::Scope::background(), std::move(key)));
  }
  /// As on another instance, which remembers nothing.
  Result<Principal> authenticate_elsewhere(std::string key) {
    Authenticator other(*database, clock, keys);
    return run(other.authenticate_api_key(aio::Scope::background(), std::move(key)));
  }
  ApiKey row_of(ApiKeyId id) {
    return read([=](db::Tx& tx) { return find_api_key(tx, default_organisation(), id); }).value().value();
  }

  void SetUp() override {
    IdentityTest::SetUp();
    jane = add_user("jane@example.com");
    authenticator = std::make_unique<Authenticator>(*database, clock, keys);
  }

  User jane;
  std::unique_ptr<Authenticator> authenticator;
};

TEST_P(ApiKeys, are_shown_once_and_kept_as_a_hash) {
  const auto made = create(principal_of(jane), "schedules:read,schedules:write").value();
  EXPECT_EQ(made.key.size(), 64U);
  EXPECT_EQ(made.key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
  EXPECT_TRUE(made.key.starts_with(made.row.prefix));
  EXPECT_EQ(made.row.prefix.size(), 8U);
  const auto stored = read([](db::Tx& tx) { return tx.query_one<std::string>("SELECT key_hash FROM api_keys"); }).value().value();
  EXPECT_EQ(stored, sha256_hex(made.key));
  EXPECT_NE(create(principal_of(jane), "scans:read").value().key, made.key);
}

TEST_P(ApiKeys, are_who_made_them_with_scopes_of_their_own) {
  const auto made = create(principal_of(jane), "schedules:read").value();
  const auto principal = authenticate(made.key).value();
  EXPECT_EQ(principal.organisation, jane.organisation);
  EXPECT_EQ(principal.user, jane.id);
  EXPECT_EQ(principal.api_key, made.row.id);
  EXPECT_EQ(principal.name, "ci");
  EXPECT_EQ(principal.rate_limit, 100);
  EXPECT_TRUE(principal.scopes.allows(AccessScope::schedules_read));
  EXPECT_FALSE(principal.scopes.allows(AccessScope::schedules_write));
  EXPECT_EQ(principal.rate_bucket(), "key:" + made.row.id.to_string());
  for (const auto& bad : {std::string(), std::string("x"), made.key + "x", made.key.substr(1), std::string(100'000, 'x')})
    EXPECT_EQ(authenticate(bad).error().kind(), ErrorKind::denied);
}

TEST_P(ApiKeys, never_may_more_than_their_maker) {
  for (const auto* scopes : {"admin", "users:read", "scans:read,audit:read"}) {
    const auto made = create(principal_of(jane), scopes);
    ASSERT_FALSE(made) << scopes;
    EXPECT_EQ(made.error().kind(), ErrorKind::denied);
  }
  EXPECT_EQ(create(principal_of(jane), "").error().kind(), ErrorKind::invalid);
  const auto viewer = add_user("viewer@example.com", Role::viewer);
  EXPECT_FALSE(create(principal_of(viewer), "scans:write"));

  // Nor by a later change, or by a key that makes keys.
  const auto made = create(principal_of(jane), "api-keys:write,scans:read").value();
  const auto key = authenticate(made.key).value();
  EXPECT_FALSE(create(key, "schedules:read"));
  const auto widened =
      write([&](db::Tx& tx) { return update_api_key(tx, key, made.row.id, {.scopes = ScopeSet{AccessScope::schedules_write}}); });
  ASSERT_FALSE(widened);
  EXPECT_EQ(widened.error().kind(), ErrorKind::denied);
}

TEST_P(ApiKeys, lose_what_their_maker_loses) {
  const auto made = create(principal_of(jane), "scans:read,scans:write").value();
  write([&](db::Tx& tx) { return update_user(tx, jane.organisation, jane.id, {.role = Role::viewer}); }).value();
  EXPECT_EQ(authenticate_elsewhere(made.key).value().scopes.to_string(), "scans:read");
  write([&](db::Tx& tx) { return update_user(tx, jane.organisation, jane.id, {.enabled = false}); }).value();
  EXPECT_FALSE(authenticate_elsewhere(made.key));
}

TEST_P(ApiKeys, of_a_disabled_organisation_do_not_count) {
  const auto other = add_organisation("org-123");
  const auto made = create(principal_of(add_user("joe@example.com", Role::user, "Gannet42", other)), "scans:read").value();
  EXPECT_TRUE(authenticate_elsewhere(made.key));
  write([=](db::Tx& tx) { return update_organisation(tx, other, {.enabled = false}); }).value();
  EXPECT_FALSE(authenticate_elsewhere(made.key));
}

TEST_P(ApiKeys, end_when_they_expire) {
  EXPECT_EQ(create(principal_of(jane), "scans:read", clock.now()).error().kind(), ErrorKind::invalid);
  const auto made = create(principal_of(jane), "scans:read", clock.now() + 1h).value();
  clock.advance(59min);
  EXPECT_TRUE(authenticate(made.key));
  clock.advance(1min);
  EXPECT_FALSE(authenticate(made.key));
}

TEST_P(ApiKeys, can_be_disabled_enabled_and_revoked_for_good) {
  const auto made = create(principal_of(jane), "scans:read").value();
  const auto set_enabled = [&](bool enabled) {
    return write([&](db::Tx& tx) { return update_api_key(tx, principal_of(jane), made.row.id, {.enabled = enabled}); });
  };
  set_enabled(false).value();
  EXPECT_FALSE(authenticate_elsewhere(made.key));
  set_enabled(true).value();
  EXPECT_TRUE(authenticate_elsewhere(made.key));
  const auto revoke = [&] { return write([&](db::Tx& tx) { return revoke_api_key(tx, jane.organisation, made.row.id); }); };
  EXPECT_TRUE(revoke().value().revoked_at);
  EXPECT_TRUE(revoke()) << "twice is fine";
  EXPECT_FALSE(authenticate_elsewhere(made.key));
  EXPECT_EQ(set_enabled(true).error().kind(), ErrorKind::conflict);
  EXPECT_FALSE(write([&](db::Tx& tx) { return rotate_api_key(tx, jane.organisation, made.row.id); }));
  const auto listed = read([&](db::Tx& tx) { return list_api_keys(tx, jane.organisation, jane.id); }).value();
  ASSERT_EQ(listed.size(), 1U) << "it stays in the list";
}

TEST_P(ApiKeys, that_are_revoked_stop_within_the_memory_of_every_instance) {
  const auto made = create(principal_of(jane), "scans:read").value();
  EXPECT_TRUE(authenticate(made.key));
  write([&](db::Tx& tx) { return revoke_api_key(tx, jane.organisation, made.row.id); }).value();
  EXPECT_TRUE(authenticate(made.key)) << "remembered for a moment";
  clock.advance(Authenticator::k_memory);
  EXPECT_FALSE(authenticate(made.key));

  const auto second = create(principal_of(jane), "scans:read").value();
  EXPECT_TRUE(authenticate(second.key));
  write([&](db::Tx& tx) { return revoke_api_key(tx, jane.organisation, second.row.id); }).value();
  authenticator->forget();
  EXPECT_FALSE(authenticate(second.key)) << "where it was revoked it stops at once";
}

TEST_P(ApiKeys, are_rotated_under_the_same_id) {
  const auto made = create(principal_of(jane), "scans:read").value();
  const auto rotated = write([&](db::Tx& tx) { return rotate_api_key(tx, jane.organisation, made.row.id); }).value();
  EXPECT_EQ(rotated.row.id, made.row.id);
  EXPECT_NE(rotated.key, made.key);
  EXPECT_TRUE(rotated.key.starts_with(rotated.row.prefix));
  EXPECT_FALSE(authenticate_elsewhere(made.key));
  EXPECT_TRUE(authenticate_elsewhere(rotated.key));
}

TEST_P(ApiKeys, tell_when_they_were_last_used_within_a_minute) {
  const auto made = create(principal_of(jane), "scans:read").value();
  EXPECT_FALSE(row_of(made.row.id).last_used_at);
  const auto start = clock.now();
  EXPECT_TRUE(authenticate(made.key));
  EXPECT_EQ(row_of(made.row.id).last_used_at, start);
  for (int i = 0; i < 59; ++i) {
    clock.advance(1s);
    EXPECT_TRUE(authenticate(made.key));
    EXPECT_TRUE(authenticate_elsewhere(made.key));
  }
  EXPECT_EQ(row_of(made.row.id).last_used_at, start) << "written once";
  clock.advance(6s);
  EXPECT_TRUE(authenticate(made.key));
  EXPECT_EQ(row_of(made.row.id).last_used_at, clock.now());
}

TEST_P(ApiKeys, of_another_organisation_are_not_found) {
  const auto made = create(principal_of(jane), "scans:read").value();
  const auto other = add_organisation("org-123");
  const auto joe = principal_of(add_user("joe@example.com", Role::admin, "Gannet42", other));
  const auto id = made.row.id;
  EXPECT_FALSE(read([=](db::Tx& tx) { return find_api_key(tx, other, id); }).value());
  EXPECT_EQ(read([=](db::Tx& tx) { return list_api_keys(tx, other, std::nullopt); }).value().size(), 0U);
  EXPECT_EQ(write([=](db::Tx& tx) { return revoke_api_key(tx, other, id); }).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(write([=](db::Tx& tx) { return rotate_api_key(tx, other, id); }).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(write([=](db::Tx& tx) { return update_api_key(tx, joe, id, {.enabled = false}); }).error().kind(),
            ErrorKind::not_found);
  EXPECT_TRUE(authenticate(made.key));
}

TEST_P(ApiKeys, with_values_out_of_range_are_refused) {
  const auto with = [&](int rate_limit, std::string name) {
    const ApiKeyRequest request{.id = ApiKeyId::make(clock, random),
                                .name = std::move(name),
                                .scopes = {AccessScope::scans_read},
                                .rate_limit = rate_limit,
                                .expires_at = std::nullopt};
    return write([&](db::Tx& tx) { return create_api_key(tx, principal_of(jane), request); });
  };
  EXPECT_TRUE(with(1, "x"));
  EXPECT_TRUE(with(10'000, "x"));
  for (const auto rate : {0, -1, 10'001}) EXPECT_EQ(with(rate, "x").error().kind(), ErrorKind::invalid) << rate;
  for (const auto& name : {std::string(), std::string("  "), std::string(256, 'x'), std::string("a\nb")})
    EXPECT_EQ(with(100, name).error().kind(), ErrorKind::invalid) << name;
}

INSTANTIATE_TEST_SUITE_P(Engines, ApiKeys, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::identity
