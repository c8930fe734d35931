#include "identity/password.hpp"

#include <gtest/gtest.h>

namespace gannet::identity {
namespace {

TEST(Password, must_be_long_and_mixed_or_very_long) {
  EXPECT_TRUE(check_password("Gannet42", "a@example.com"));
  EXPECT_TRUE(check_password("correct horse battery", "a@example.com"));
  EXPECT_TRUE(check_password("Möwenflug7", "a@example.com"));
  for (const auto* bad : {"", "Gann3t", "gannet42", "GANNET42", "GannetGannet", "correct horse b"}) {
    const auto checked = check_password(bad, "a@example.com");
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(checked.error().message().starts_with("password: ")) << "the message names the field";
  }
  EXPECT_FALSE(check_password("Gannet42", "", {.length_min = 10})) << "an installation may ask for more";
  EXPECT_FALSE(check_password("Gann3t", "", {.length_min = 4})) << "but not for less";
}

TEST(Password, is_counted_in_characters_and_bounded_in_bytes) {
  EXPECT_FALSE(check_password("Aa1\xc3\xb6\xc3\xb6", "")) << "five characters in seven bytes";
  EXPECT_FALSE(check_password("Gannet42\xff", "")) << "not UTF-8";
  EXPECT_FALSE(check_password(std::string(257, 'a'), ""));
  EXPECT_TRUE(check_password(std::string(256, 'a'), ""));
}

TEST(Password, is_not_the_address) {
  EXPECT_FALSE(check_password("Jane.Doe2026", "jane.doe2026@example.com"));
  EXPECT_FALSE(check_password("Jane.Doe2026@Example.com", "jane.doe2026@example.com"));
}

TEST(Password, hash_is_salted_argon2id_and_verifies_its_own_password_only) {
  const auto hash = hash_password_blocking("Gannet42", PasswordCost::least).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$")) << hash;
  EXPECT_NE(hash, hash_password_blocking("Gannet42", PasswordCost::least).value());
  EXPECT_TRUE(verify_password_blocking("Gannet42", hash));
  EXPECT_FALSE(verify_password_blocking("gannet42", hash));
  EXPECT_FALSE(verify_password_blocking("Gannet42", ""));
  EXPECT_FALSE(verify_password_blocking("Gannet42", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"));
}

TEST(Password, hash_of_another_cost_is_to_be_renewed) {
  const auto hash = hash_password_blocking("Gannet42", PasswordCost::least).value();
  EXPECT_FALSE(needs_rehash(hash, PasswordCost::least));
  EXPECT_TRUE(needs_rehash(hash, PasswordCost::interactive));
  EXPECT_TRUE(hash_password_blocking("Gannet42").value().starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << "what users get";
}

TEST(Password, that_is_made_satisfies_the_rules) {
  const auto password = make_password();
  EXPECT_EQ(password.size(), 20U);
  EXPECT_TRUE(check_password(password, "a@example.com", {.length_min = 20}));
  EXPECT_NE(password, make_password());
}

}  // namespace
}  // namespace gannet::identity
