#include <gtest/gtest.h>

#include "identity/fixture_for_test.hpp"

namespace gannet::identity {
namespace {

class Users : public IdentityTest {};
class Organisations : public IdentityTest {};
class Audit : public IdentityTest {};

TEST(Email, is_normalised_or_refused) {
  EXPECT_EQ(normalise_email("  Jane.Doe@Example.COM ").value(), "jane.doe@example.com");
  for (const auto* bad : {"", "jane", "@example.com", "jane@", "a@b@c", "jane doe@example.com", "jane\n@example.com", "a\x7f@b"})
    EXPECT_FALSE(normalise_email(bad)) << bad;
  EXPECT_FALSE(normalise_email(std::string(250, 'a') + "@b.example"));
}

TEST_P(Users, are_found_in_their_organisation_only) {
  const auto other = add_organisation("org-123");
  const auto jane = add_user("jane@example.com");
  const auto joe = add_user("joe@example.com", Role::admin, "Gannet42", other);
  const auto find = [&](OrganisationId organisation, UserId id) {
    return read([=](db::Tx& tx) { return find_user(tx, organisation, id); }).value();
  };
  EXPECT_EQ(find(jane.organisation, jane.id)->email, "jane@example.com");
  EXPECT_FALSE(find(other, jane.id));
  const auto listed = read([=](db::Tx& tx) { return list_users(tx, other); }).value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].id, joe.id);
  EXPECT_EQ(read([=](db::Tx& tx) { return count_users(tx, other); }).value(), 1);
  const auto foreign = write([=](db::Tx& tx) { return update_user(tx, other, jane.id, {.name = "x"}); });
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind(), ErrorKind::not_found) << "not even that it exists";
  EXPECT_FALSE(write([=](db::Tx& tx) { return delete_user(tx, other, jane.id); }));
}

TEST_P(Users, have_an_address_of_their_own) {
  add_user("jane@example.com");
  const auto again = write([&](db::Tx& tx) {
    return insert_user(tx, {.id = UserId::make(clock, random),
                            .organisation = default_organisation(),
                            .email = "JANE@example.com",
                            .password_hash = "x"});
  });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(again.error().message(), "email: jane@example.com is in use");
  const auto nowhere = write([&](db::Tx& tx) {
    return insert_user(tx, {.id = UserId::make(clock, random),
                            .organisation = OrganisationId(*Uuid::parse("550e8400-e29b-11d4-a716-446655440000")),
                            .email = "x@example.com",
                            .password_hash = "x"});
  });
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind(), ErrorKind::not_found);
}

TEST_P(Users, the_last_administrator_stays) {
  const auto jane = add_user("jane@example.com", Role::admin);
  const auto org = jane.organisation;
  for (const auto& change : {UserChange{.enabled = false}, UserChange{.role = Role::user}}) {
    const auto changed = write([=](db::Tx& tx) { return update_user(tx, org, jane.id, change); });
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().kind(), ErrorKind::conflict);
  }
  EXPECT_FALSE(write([=](db::Tx& tx) { return delete_user(tx, org, jane.id); }));
  EXPECT_TRUE(write([=](db::Tx& tx) { return update_user(tx, org, jane.id, {.name = "Jane Doe"}); }));
  add_user("joe@example.com", Role::admin);
  EXPECT_TRUE(write([=](db::Tx& tx) { return delete_user(tx, org, jane.id); }));
}

TEST_P(Organisations, of_any_text_are_one_and_the_same) {
  const auto first = write([](db::Tx& tx) { return ensure_organisation(tx, "org-123", "Example"); }).value();
  const auto again = write([](db::Tx& tx) { return ensure_organisation(tx, " org-123", "Other"); }).value();
  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(again.name, "Example");
  EXPECT_EQ(again.external_id, "org-123");
  EXPECT_EQ(organisation_id_of("org-123"), first.id);
  EXPECT_EQ(organisation_id_of(""), default_organisation());
  EXPECT_EQ(organisation_id_of("default"), default_organisation());
  EXPECT_EQ(organisation_id_of(first.id.to_string()), first.id);
  EXPECT_EQ(read([](db::Tx& tx) { return list_organisations(tx); }).value().size(), 2U) << "with the default one";
}

TEST_P(Organisations, the_default_one_is_there_and_cannot_be_disabled) {
  const auto found = read([](db::Tx& tx) { return find_organisation(tx, default_organisation()); }).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "default");
  EXPECT_TRUE(found->enabled);
  EXPECT_FALSE(write([](db::Tx& tx) { return update_organisation(tx, default_organisation(), {.enabled = false}); }));
}

TEST_P(Audit, is_listed_newest_first_by_what_is_asked) {
  const auto jane = add_user("jane@example.com");
  const auto other = add_organisation("org-123");
  write([&](db::Tx& tx) -> Result<void> {
    for (const auto* action : {"schedule.create", "schedule.delete", "schedule.create"})
      TRY(record_audit(tx, audit_event(principal_of(jane), origin, action, "schedule", "s-1")));
    auto foreign = audit_event(principal_of(jane), origin, "schedule.create");
    foreign.organisation = other;
    return record_audit(tx, foreign);
  }).value();
  const auto all = audit();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_GT(all[0].id, all[1].id);
  EXPECT_EQ(all[0].actor, "jane@example.com");
  EXPECT_EQ(all[0].user, jane.id);
  EXPECT_EQ(all[0].ip, "192.0.2.1");
  EXPECT_EQ(all[0].user_agent, "test/1");
  EXPECT_EQ(all[0].status, "success");
  EXPECT_EQ(all[0].at, clock.now());
  EXPECT_EQ(audit({.action = "schedule.delete"}).size(), 1U);
  EXPECT_EQ(audit({.resource_type = "schedule", .resource_id = "s-2"}).size(), 0U);
  EXPECT_EQ(audit({.user = UserId()}).size(), 0U);
  EXPECT_EQ(audit({.user = jane.id}).size(), 3U);
  EXPECT_EQ(audit({.from = clock.now() + std::chrono::seconds(1)}).size(), 0U);
  EXPECT_EQ(audit({.to = clock.now() - std::chrono::seconds(1)}).size(), 0U);
  const auto page = audit({.limit = 2});
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(audit({.before = page[1].id, .limit = 2}).size(), 1U);
  EXPECT_EQ(read([](db::Tx& tx) { return count_audit(tx, default_organisation(), {.limit = 1}); }).value(), 3);
}

TEST_P(Audit, takes_whatever_a_client_sends) {
  auto event = audit_event(principal_of(add_user("jane@example.com")), origin, "x");
  event.origin.user_agent = std::string("\0\xff\x1b[2J", 6) + std::string(100'000, 'a');
  event.origin.ip = std::string(1000, '1');
  event.details = R"({"large":")" + std::string(100'000, 'b') + "\"}";
  write([=](db::Tx& tx) { return record_audit(tx, event); }).value();
  const auto kept = audit().front();
  EXPECT_LT(kept.user_agent.size(), 320U);
  EXPECT_EQ(kept.user_agent.find('\x1b'), std::string::npos);
  EXPECT_LT(kept.details.size(), 100U);
}

TEST_P(Audit, is_never_changed_and_kept_for_its_time) {
  const auto jane = principal_of(add_user("jane@example.com"));
  write([&](db::Tx& tx) { return record_audit(tx, audit_event(jane, origin, "x")); }).value();
  EXPECT_FALSE(write([](db::Tx& tx) { return tx.execute("UPDATE audit_logs SET actor = 'nobody'"); }));
  EXPECT_FALSE(write([](db::Tx& tx) { return tx.execute("DELETE FROM audit_logs"); }));
  const auto prune = [&](int days) {
    return write([=](db::Tx& tx) { return prune_audit(tx, std::chrono::days(days)); }).value();
  };
  clock.advance(std::chrono::hours(24 * 29));
  EXPECT_EQ(prune(1), 0) << "a month is the least";
  clock.advance(std::chrono::hours(24 * 2));
  EXPECT_EQ(prune(365), 0);
  EXPECT_EQ(prune(30), 1);
  EXPECT_EQ(audit().size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Engines, Users, testing::ValuesIn(db::k_engines_for_test), db::engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, Organisations, testing::ValuesIn(db::k_engines_for_test), db::engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, Audit, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::identity
