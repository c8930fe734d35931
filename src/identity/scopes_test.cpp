#include "identity/scopes.hpp"

#include <gtest/gtest.h>

namespace gannet::identity {
namespace {

TEST(Scopes, are_read_and_written_by_their_names) {
  const auto set = ScopeSet::parse("schedules:read,scans:write  reports:read").value();
  EXPECT_EQ(set.to_string(), "scans:write schedules:read reports:read");
  EXPECT_TRUE(set.allows(AccessScope::schedules_read));
  EXPECT_FALSE(set.allows(AccessScope::schedules_write)) << "reading is not writing";
  EXPECT_FALSE(set.allows(AccessScope::scans_read)) << "writing is not reading";
  EXPECT_EQ(ScopeSet::parse(set.to_string()).value(), set);
  EXPECT_TRUE(ScopeSet::parse("").value().empty());
}

TEST(Scopes, that_do_not_exist_are_named_with_those_that_do) {
  for (const auto* text : {"scans", "scans:delete", "SCANS:READ", "*:*", ":", "ml:read", "scans:*:x", "admin:*"}) {
    const auto set = ScopeSet::parse(text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().kind(), ErrorKind::invalid);
    EXPECT_NE(set.error().message().find("scans:read, scans:write"), std::string::npos);
  }
  EXPECT_FALSE(ScopeSet::parse(std::vector<std::string>{"scans:read schedules:read"})) << "two words in one";
}

TEST(Scopes, wildcards_never_make_an_administrator) {
  EXPECT_EQ(ScopeSet::parse("scans:*").value().to_string(), "scans:read scans:write");
  const auto reading = ScopeSet::parse("*:read").value();
  EXPECT_TRUE(reading.allows(AccessScope::audit_read));
  EXPECT_FALSE(reading.allows(AccessScope::scans_write));
  const auto all = ScopeSet::parse("*").value();
  EXPECT_TRUE(all.allows(AccessScope::users_write));
  EXPECT_FALSE(all.allows(AccessScope::admin));
  EXPECT_FALSE(all.covers(ScopeSet::everything()));
}

TEST(Scopes, an_administrator_may_do_everything) {
  for (std::size_t i = 0; i < k_access_scope_count; ++i) {
    EXPECT_TRUE(ScopeSet::everything().allows(AccessScope(i)));
    EXPECT_FALSE(ScopeSet().allows(AccessScope(i)));
    EXPECT_EQ(find_scope(to_string(AccessScope(i))), AccessScope(i));
  }
  EXPECT_TRUE(ScopeSet::everything().covers(ScopeSet::parse("*").value()));
}

TEST(Scopes, of_a_set_cover_its_subsets_only) {
  const ScopeSet set{AccessScope::scans_read, AccessScope::scans_write};
  EXPECT_TRUE(set.covers(ScopeSet()));
  EXPECT_TRUE(set.covers({AccessScope::scans_read}));
  EXPECT_FALSE(set.covers({AccessScope::scans_read, AccessScope::schedules_read}));
}

TEST(Roles, have_what_their_name_says) {
  EXPECT_TRUE(scopes_of(Role::admin).allows(AccessScope::users_write));
  EXPECT_TRUE(scopes_of(Role::user).allows(AccessScope::schedules_write));
  EXPECT_FALSE(scopes_of(Role::user).allows(AccessScope::users_read));
  EXPECT_FALSE(scopes_of(Role::user).allows(AccessScope::audit_read));
  EXPECT_TRUE(scopes_of(Role::viewer).allows(AccessScope::analytics_read));
  EXPECT_FALSE(scopes_of(Role::viewer).allows(AccessScope::scans_write));
  EXPECT_EQ(parse_role("Viewer").value(), Role::viewer);
  EXPECT_FALSE(parse_role("root"));
}

}  // namespace
}  // namespace gannet::identity
