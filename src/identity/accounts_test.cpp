#include "identity/accounts.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "identity/fixture_for_test.hpp"

namespace gannet::identity {
namespace {

using namespace std::chrono_literals;
using Reason = LoginRefused::Reason;

class AccountsTest : public IdentityTest {
 protected:
  void SetUp() override {
    IdentityTest::SetUp();
    AccountOptions options;
    options.password_cost = PasswordCost::least;
    options.hashes_waiting_max = 100;
    accounts = std::make_unique<Accounts>(context.get_executor(), *database, clock, random, keys, options);
    jane = add_user("jane@example.com");
  }

  std::expected<LoginTokens, LoginFailure> log_in(std::string email, std::string password) {
    return run(accounts->log_in(aio::Scope::background(), std::move(email), std::move(password), origin));
  }
  LoginTokens log_in_jane() {
    auto tokens = log_in("jane@example.com", "Gannet42");
    EXPECT_TRUE(tokens);
    return *tokens;
  }
  LoginRefused refusal(std::string email, std::string password) {
    auto result = log_in(std::move(email), std::move(password));
    EXPECT_FALSE(result);
    return result ? LoginRefused{} : std::get<LoginRefused>(result.error());
  }
  Result<LoginTokens> refresh(std::string token) {
    return run(accounts->refresh(aio::Scope::background(), std::move(token), origin));
  }
  /// As on another instance, which remembers nothing.
  Result<Principal> authenticate(std::string token) {
    Authenticator other(*database, clock, keys);
    return run(other.authenticate_token(aio::Scope::background(), std::move(token)));
  }
  std::int64_t count(std::string_view table) {
    return read([=](db::Tx& tx) { return tx.query_one<std::int64_t>("SELECT count(*) FROM " + std::string(table)); })
        .value()
        .value();
  }

  std::unique_ptr<Accounts> accounts;
  User jane;
};

TEST_P(AccountsTest, a_login_gives_a_token_that_says_who) {
  const auto tokens = log_in(" Jane@Example.com", "Gannet42").value();
  EXPECT_EQ(tokens.expires_in, 15min);
  EXPECT_EQ(tokens.user.id, jane.id);
  EXPECT_EQ(tokens.user.last_login_at, clock.now());
  const auto principal = authenticate(tokens.access_token).value();
  EXPECT_EQ(principal.user, jane.id);
  EXPECT_EQ(principal.organisation, jane.organisation);
  EXPECT_EQ(principal.scopes, scopes_of(Role::user));
  clock.advance(15min);
  EXPECT_FALSE(authenticate(tokens.access_token));
}

TEST_P(AccountsTest, any_password_is_not_the_password) {
  for (const auto* wrong : {"", "gannet42", "Gannet42 ", "Gannet421", "' OR 1=1 --"}) {
    const auto refused = refusal("jane@example.com", wrong);
    EXPECT_EQ(refused.reason, Reason::wrong_credentials) << wrong;
    log_in_jane();
  }
}

TEST_P(AccountsTest, five_failures_lock_whether_or_not_the_user_exists) {
  for (const auto* email : {"jane@example.com", "nobody@example.com", "not an address"}) {
    for (int left = 4; left >= 0; --left) {
      const auto refused = refusal(email, "wrong");
      EXPECT_EQ(refused.reason, Reason::wrong_credentials) << email;
      EXPECT_EQ(refused.attempts_left, left);
      EXPECT_EQ(refused.message, "e-mail address or password is wrong");
    }
    const auto locked = refusal(email, "Gannet42");
    EXPECT_EQ(locked.reason, Reason::locked) << email << ", with the right password too";
    EXPECT_EQ(locked.locked_until, clock.now() + 15min);
  }
  clock.advance(15min - 1s);
  EXPECT_EQ(refusal("jane@example.com", "Gannet42").reason, Reason::locked) << "asking does not end it, nor make it longer";
  clock.advance(1s);
  log_in_jane();
  EXPECT_EQ(refusal("jane@example.com", "wrong").attempts_left, 4) << "the login cleared what was before";
}

TEST_P(AccountsTest, a_hundred_tries_at_once_are_no_more_than_five) {
  int tried = 0;
  int locked = 0;
  aio::TaskGroup group(context.get_executor());
  const auto attempt = [](Accounts& on, Origin from, int& tries, int& locks) -> aio::Task<void> {
    auto result = co_await on.log_in(aio::Scope::background(), "jane@example.com", "wrong", from);
    const auto* refused = result ? nullptr : std::get_if<LoginRefused>(&result.error());
    if (refused) ++(refused->reason == Reason::locked ? locks : tries);
  };
  for (int i = 0; i < 100; ++i) group.spawn(attempt(*accounts, origin, tried, locked), "login");
  run([](aio::TaskGroup& all) -> aio::Task<bool> {
    co_await all.wait_idle(aio::Scope::background());
    co_return true;
  }(group));
  EXPECT_EQ(tried, 5);
  EXPECT_EQ(locked, 95);
}

TEST_P(AccountsTest, too_many_at_once_are_refused_without_being_counted) {
  AccountOptions options;
  options.password_cost = PasswordCost::least;
  options.hashes_waiting_max = -1;
  Accounts busy(context.get_executor(), *database, clock, random, keys, options);
  const auto result = run(busy.log_in(aio::Scope::background(), "jane@example.com", "wrong", origin));
  ASSERT_FALSE(result);
  EXPECT_EQ(std::get<Error>(result.error()).kind(), ErrorKind::exhausted);
  EXPECT_EQ(refusal("jane@example.com", "wrong").attempts_left, 4);
}

TEST_P(AccountsTest, an_administrator_of_the_organisation_ends_a_lock) {
  for (int i = 0; i < 5; ++i) refusal("jane@example.com", "wrong");
  const auto unlock = [&](const Principal& by) {
    return run(accounts->unlock(aio::Scope::background(), by, "Jane@example.com", origin));
  };
  const auto stranger = add_user("joe@example.com", Role::admin, "Gannet42", add_organisation("org-123"));
  EXPECT_TRUE(unlock(principal_of(stranger))) << "the same answer, whoever asks";
  EXPECT_EQ(refusal("jane@example.com", "Gannet42").reason, Reason::locked) << "and nothing done";
  EXPECT_TRUE(unlock(principal_of(add_user("admin@example.com", Role::admin))));
  log_in_jane();
}

TEST_P(AccountsTest, refreshing_spends_the_token) {
  const auto first = log_in_jane();
  clock.advance(10min);
  const auto second = refresh(first.refresh_token).value();
  EXPECT_NE(second.refresh_token, first.refresh_token);
  EXPECT_TRUE(authenticate(second.access_token));
  const auto third = refresh(second.refresh_token).value();
  EXPECT_TRUE(authenticate(third.access_token));
  EXPECT_FALSE(refresh("invented"));
  EXPECT_FALSE(refresh(""));
  EXPECT_TRUE(refresh(third.refresh_token)) << "inventions harm nobody";
}

TEST_P(AccountsTest, a_spent_refresh_token_used_again_ends_the_login_session) {
  const auto first = log_in_jane();
  const auto other = log_in_jane();
  const auto second = refresh(first.refresh_token).value();
  EXPECT_FALSE(refresh(first.refresh_token)) << "somebody else has it too";
  EXPECT_FALSE(refresh(second.refresh_token)) << "nobody can say which of the two is the user";
  EXPECT_FALSE(authenticate(second.access_token));
  EXPECT_TRUE(authenticate(other.access_token)) << "another login session of the same user goes on";
  EXPECT_EQ(audit({.action = "auth.refresh", .status = "denied"}).size(), 1U);
}

TEST_P(AccountsTest, of_two_refreshes_at_once_one_succeeds) {
  const auto tokens = log_in_jane();
  int succeeded = 0;
  aio::TaskGroup group(context.get_executor());
  const auto attempt = [](Accounts& on, std::string token, Origin from, int& counter) -> aio::Task<void> {
    if (co_await on.refresh(aio::Scope::background(), token, from)) ++counter;
  };
  for (int i = 0; i < 4; ++i) group.spawn(attempt(*accounts, tokens.refresh_token, origin, succeeded), "refresh");
  run([](aio::TaskGroup& all) -> aio::Task<bool> {
    co_await all.wait_idle(aio::Scope::background());
    co_return true;
  }(group));
  EXPECT_EQ(succeeded, 1);
}

TEST_P(AccountsTest, a_login_session_ends_when_it_is_not_used_and_when_it_is_old) {
  auto tokens = log_in_jane();
  clock.advance(std::chrono::hours(24 * 14));
  EXPECT_FALSE(refresh(tokens.refresh_token)) << "two weeks without a refresh";
  tokens = log_in_jane();
  int refreshed = 0;
  for (int day = 0; day < 100; ++day) {
    clock.advance(std::chrono::hours(24));
    auto next = refresh(tokens.refresh_token);
    if (!next) break;
    tokens = *next;
    ++refreshed;
  }
  EXPECT_EQ(refreshed, 89) << "ninety days after the login, however often it was refreshed";
}

TEST_P(AccountsTest, logging_out_ends_this_login_session) {
  const auto here = log_in_jane();
  const auto there = log_in_jane();
  const auto principal = authenticate(here.access_token).value();
  EXPECT_TRUE(run(accounts->log_out(aio::Scope::background(), principal, origin)));
  EXPECT_FALSE(authenticate(here.access_token));
  EXPECT_FALSE(refresh(here.refresh_token));
  EXPECT_TRUE(authenticate(there.access_token));
  EXPECT_TRUE(run(accounts->log_out_everywhere(aio::Scope::background(), principal, origin)));
  EXPECT_FALSE(authenticate(there.access_token));
}

TEST_P(AccountsTest, a_disabled_user_is_signed_out_and_told_only_with_the_right_password) {
  const auto tokens = log_in_jane();
  write([&](db::Tx& tx) { return update_user(tx, jane.organisation, jane.id, {.enabled = false}); }).value();
  EXPECT_FALSE(authenticate(tokens.access_token));
  EXPECT_FALSE(refresh(tokens.refresh_token));
  EXPECT_EQ(refusal("jane@example.com", "wrong").reason, Reason::wrong_credentials);
  EXPECT_EQ(refusal("jane@example.com", "Gannet42").reason, Reason::disabled);
}

TEST_P(AccountsTest, another_role_needs_another_login) {
  const auto tokens = log_in_jane();
  write([&](db::Tx& tx) { return update_user(tx, jane.organisation, jane.id, {.role = Role::viewer}); }).value();
  EXPECT_FALSE(authenticate(tokens.access_token)) << "its scopes are those of before";
  EXPECT_EQ(authenticate(log_in_jane().access_token).value().scopes, scopes_of(Role::viewer));
}

TEST_P(AccountsTest, changing_the_password_ends_all_other_login_sessions) {
  const auto here = log_in_jane();
  const auto there = log_in_jane();
  const auto principal = authenticate(here.access_token).value();
  const auto change = [&](std::string from, std::string to) {
    return run(accounts->change_password(aio::Scope::background(), principal, std::move(from), std::move(to), origin));
  };
  EXPECT_EQ(change("wrong", "Gannet43").error().kind(), ErrorKind::denied);
  EXPECT_EQ(change("Gannet42", "short").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(change("Gannet42", "Gannet42").error().kind(), ErrorKind::invalid);
  const auto tokens = change("Gannet42", "Gannet43").value();
  EXPECT_TRUE(authenticate(tokens.access_token));
  EXPECT_FALSE(authenticate(there.access_token));
  EXPECT_FALSE(refresh(there.refresh_token));
  EXPECT_EQ(refusal("jane@example.com", "Gannet42").reason, Reason::wrong_credentials);
  EXPECT_TRUE(log_in("jane@example.com", "Gannet43"));
}

TEST_P(AccountsTest, guessing_the_old_password_is_locked_too) {
  const auto principal = authenticate(log_in_jane().access_token).value();
  Result<LoginTokens> last = fail(ErrorKind::internal, "not tried");
  for (int i = 0; i < 6; ++i)
    last = run(accounts->change_password(aio::Scope::background(), principal, "wrong", "Gannet43", origin));
  EXPECT_NE(last.error().message().find("too many failed logins"), std::string::npos) << last.error().message();
}

TEST_P(AccountsTest, the_first_administrator_is_made_once_and_must_change_the_password) {
  write([&](db::Tx& tx) { return tx.execute("DELETE FROM users"); }).value();
  const auto make = [&] { return make_first_admin_blocking(*database, clock, random, "admin@localhost", PasswordCost::least); };
  const auto admin = make().value();
  ASSERT_TRUE(admin);
  EXPECT_FALSE(make().value()) << "there is somebody now";

  const auto tokens = log_in(admin->email, admin->password).value();
  EXPECT_TRUE(tokens.user.must_change_password);
  EXPECT_TRUE(tokens.scopes.empty());
  const auto principal = authenticate(tokens.access_token).value();
  EXPECT_TRUE(principal.scopes.empty()) << "until then the token allows nothing";
  const auto changed =
      run(accounts->change_password(aio::Scope::background(), principal, admin->password, "Gannet43", origin)).value();
  EXPECT_TRUE(authenticate(changed.access_token).value().scopes.allows(AccessScope::admin));
  EXPECT_FALSE(changed.user.must_change_password);

  const auto path = write_first_password(data.folder(), *admin).value();
  EXPECT_NE(read_file(path).value().find(admin->password), std::string::npos);
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST_P(AccountsTest, users_are_made_with_a_password_to_be_changed) {
  const auto admin = principal_of(add_user("admin@example.com", Role::admin));
  const auto create = [&](const Principal& by, Accounts::UserRequest request) {
    return run(accounts->create_user(aio::Scope::background(), by, std::move(request), origin));
  };
  const auto made = create(admin, {.email = "new@example.com", .name = "New", .role = Role::user, .password = ""}).value();
  EXPECT_EQ(made.user.organisation, admin.organisation);
  EXPECT_TRUE(log_in("new@example.com", made.password).value().scopes.empty());
  const auto given = create(admin, {.email = "b@example.com", .name = "", .role = Role::viewer, .password = "Gannet44"}).value();
  EXPECT_EQ(given.password, "") << "whoever gave it knows it";

  EXPECT_EQ(create(admin, {.email = "new@example.com"}).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(create(admin, {.email = "no address"}).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(create(admin, {.email = "c@example.com", .name = "", .role = Role::user, .password = "weak"}).error().kind(),
            ErrorKind::invalid);
  EXPECT_EQ(create(principal_of(jane), {.email = "d@example.com", .name = "", .role = Role::admin}).error().kind(),
            ErrorKind::denied)
      << "nobody makes somebody who may do more";
}

TEST_P(AccountsTest, a_forgotten_password_is_reset_by_an_administrator) {
  for (int i = 0; i < 5; ++i) refusal("jane@example.com", "wrong");
  const auto admin = principal_of(add_user("admin@example.com", Role::admin));
  const auto reset = run(accounts->reset_password(aio::Scope::background(), admin, jane.id, origin)).value();
  EXPECT_TRUE(log_in("jane@example.com", reset.password).value().user.must_change_password);
  const auto stranger = principal_of(add_user("joe@example.com", Role::admin, "Gannet42", add_organisation("org-123")));
  EXPECT_EQ(run(accounts->reset_password(aio::Scope::background(), stranger, jane.id, origin)).error().kind(),
            ErrorKind::not_found);
}

TEST_P(AccountsTest, a_hash_of_another_cost_is_renewed_at_login) {
  AccountOptions options;
  options.password_cost = PasswordCost::interactive;
  Accounts stronger(context.get_executor(), *database, clock, random, keys, options);
  ASSERT_TRUE(run(stronger.log_in(aio::Scope::background(), "jane@example.com", "Gannet42", origin)));
  const auto hash = read([](db::Tx& tx) { return tx.query_one<std::string>("SELECT password_hash FROM users"); }).value().value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,")) << hash;
  log_in_jane();
}

TEST_P(AccountsTest, the_trail_tells_of_logins_without_what_was_typed) {
  log_in_jane();
  refusal("jane@example.com", "Secret-Typo");
  refusal("My-Password1", "x");
  const auto entries = audit({.action = "auth.login"});
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].actor, "(not an e-mail address)");
  EXPECT_EQ(entries[1].status, "failure");
  EXPECT_EQ(entries[1].user, jane.id);
  EXPECT_EQ(entries[1].ip, "192.0.2.1");
  EXPECT_EQ(entries[2].status, "success");
  for (const auto& entry : entries) EXPECT_EQ(entry.details.find("Secret"), std::string::npos);
}

TEST_P(AccountsTest, nothing_that_opens_anything_is_stored_in_clear) {
  const auto tokens = log_in_jane();
  const auto stored = read([](db::Tx& tx) { return tx.query_one<std::string>("SELECT token FROM refresh_tokens"); });
  EXPECT_EQ(stored.value().value().size(), 64U);
  EXPECT_NE(stored.value().value(), tokens.refresh_token);
}

TEST_P(AccountsTest, what_is_past_its_time_is_removed) {
  log_in_jane();
  refusal("nobody@example.com", "x");
  clock.advance(std::chrono::hours(24 * 5));
  log_in_jane();
  clock.advance(std::chrono::hours(24 * 11));
  EXPECT_EQ(count("login_sessions"), 2);
  write([](db::Tx& tx) { return prune_login_sessions(tx); }).value();
  EXPECT_EQ(count("login_sessions"), 1);
  EXPECT_EQ(count("refresh_tokens"), 1);
  EXPECT_EQ(count("login_attempts"), 0);
}

TEST_P(AccountsTest, a_deleted_user_leaves_nothing_but_the_trail) {
  const auto tokens = log_in_jane();
  write([&](db::Tx& tx) { return delete_user(tx, jane.organisation, jane.id); }).value();
  EXPECT_FALSE(authenticate(tokens.access_token));
  EXPECT_FALSE(refresh(tokens.refresh_token));
  EXPECT_EQ(count("login_sessions"), 0);
  EXPECT_EQ(audit().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Engines, AccountsTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::identity
