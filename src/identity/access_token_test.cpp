#include "identity/access_token.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "db/temporary_folder_for_test.hpp"
#include "identity/impl/secret.hpp"

namespace gannet::identity {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant k_now = parse_instant("2026-11-21T12:00:00Z").value();
const TokenKeys k_keys{.current = std::string(32, 'k'), .previous = ""};

Principal somebody() {
  return {.organisation = default_organisation(),
          .user = UserId::parse("0193f2a0-7e3c-7b1a-9c55-0123456789ab").value(),
          .api_key = std::nullopt,
          .login_session = LoginSessionId::parse("0193f2a0-7e3c-7b1a-9c55-0123456789ac").value(),
          .name = "jane@example.com",
          .scopes = {AccessScope::scans_read, AccessScope::schedules_write},
          .rate_limit = std::nullopt};
}

/// A token with any header and payload, rightly signed with `key`.
std::string forge(std::string_view header, std::string_view payload, std::string_view key = k_keys.current) {
  const auto head = encode_base64url(header) + "." + encode_base64url(payload);
  return head + "." + encode_base64url(impl::hmac_sha256(key, head));
}

TEST(AccessToken, brings_back_who_it_was_made_for) {
  const auto token = make_access_token(somebody(), k_now, minutes(15), k_keys);
  const auto back = read_access_token(token, k_now + minutes(14), k_keys).value();
  EXPECT_EQ(back.organisation, somebody().organisation);
  EXPECT_EQ(back.user, somebody().user);
  EXPECT_EQ(back.login_session, somebody().login_session);
  EXPECT_EQ(back.name, "jane@example.com");
  EXPECT_EQ(back.scopes, somebody().scopes);
  EXPECT_FALSE(back.api_key);
}

TEST(AccessToken, of_the_command_line_has_no_user) {
  Principal operator_principal{.organisation = default_organisation(),
                               .user = std::nullopt,
                               .api_key = std::nullopt,
                               .login_session = std::nullopt,
                               .name = "command line",
                               .scopes = ScopeSet::everything(),
                               .rate_limit = std::nullopt};
  const auto back = read_access_token(make_access_token(operator_principal, k_now, minutes(1), k_keys), k_now, k_keys).value();
  EXPECT_FALSE(back.user);
  EXPECT_EQ(back.name, "command line");
  EXPECT_TRUE(back.scopes.allows(AccessScope::users_write));
}

TEST(AccessToken, ends_when_its_time_is_over) {
  const auto token = make_access_token(somebody(), k_now, minutes(15), k_keys);
  EXPECT_TRUE(read_access_token(token, k_now + minutes(15) - seconds(1), k_keys));
  const auto late = read_access_token(token, k_now + minutes(15), k_keys);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::denied);
  EXPECT_EQ(late.error().message(), "the access token has expired");
  EXPECT_TRUE(read_access_token(token, k_now - seconds(59), k_keys)) << "clocks differ a little";
  EXPECT_FALSE(read_access_token(token, k_now - minutes(2), k_keys));
}

TEST(AccessToken, verifies_the_example_of_rfc_7515) {
  const auto key = *decode_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const TokenKeys keys{.current = key, .previous = ""};
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(verify_token(token, keys).value(),
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
  const auto read = read_access_token(token, k_now, keys);
  ASSERT_FALSE(read) << "rightly signed, but not one of ours";
  EXPECT_EQ(read.error().message(), "the access token is of another program");
}

TEST(AccessToken, with_another_algorithm_is_refused_however_it_is_signed) {
  const auto payload = verify_token(make_access_token(somebody(), k_now, minutes(15), k_keys), k_keys).value();
  EXPECT_TRUE(read_access_token(forge(R"({"alg":"HS256"})", payload), k_now, k_keys)) << "the forge works";
  for (const auto* header : {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"hs256"})", R"({"alg":"HS384"})",
                             R"({"alg":"RS256"})", R"({"alg":""})", R"({"alg":["HS256"]})", R"({"alg":null})", R"({})", R"([])",
                             R"("HS256")", "", "{", R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","crit":[]})"})
    EXPECT_FALSE(read_access_token(forge(header, payload), k_now, k_keys)) << header;
  const auto unsigned_token = encode_base64url(R"({"alg":"none"})") + "." + encode_base64url(payload) + ".";
  EXPECT_FALSE(read_access_token(unsigned_token, k_now, k_keys));
  EXPECT_FALSE(read_access_token(unsigned_token.substr(0, unsigned_token.size() - 1), k_now, k_keys));
}

TEST(AccessToken, changed_anywhere_is_refused) {
  const auto token = make_access_token(somebody(), k_now, minutes(15), k_keys);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_access_token(changed, k_now, k_keys)) << i;
  }
  for (const auto& changed : {token + "=", token + "A", token + ".", "." + token, token + " ", std::string(), std::string(".."),
                              token.substr(0, token.size() - 1), token + std::string(9000, 'A')})
    EXPECT_FALSE(read_access_token(changed, k_now, k_keys)) << changed;
}

TEST(AccessToken, has_one_spelling_only) {
  // The last character of a 32-byte MAC carries two bits that decode to nothing: four spellings, of which one is accepted.
  const auto token = make_access_token(somebody(), k_now, minutes(15), k_keys);
  int accepted = 0;
  for (const char last : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    accepted += read_access_token(token.substr(0, token.size() - 1) + last, k_now, k_keys) ? 1 : 0;
  EXPECT_EQ(accepted, 1);
}

TEST(AccessToken, with_claims_of_the_wrong_kind_is_refused) {
  const std::string org = default_organisation().to_string();
  const auto with = [&](std::string_view claims) {
    return read_access_token(forge(R"({"alg":"HS256"})", claims), k_now, k_keys).has_value();
  };
  const auto now = std::to_string(std::chrono::duration_cast<seconds>(k_now.time_since_epoch()).count());
  const auto good = fmt::format(R"({{"iss":"gannet","sub":"x","org":"{}","scopes":[],"iat":{},"exp":9999999999}})", org, now);
  ASSERT_TRUE(with(good));
  const std::pair<std::string_view, std::string_view> changes[] = {{R"("iss":"gannet")", R"("iss":"joe")"},
                                                                   {R"("sub":"x",)", ""},
                                                                   {R"("scopes":[])", R"("scopes":"admin")"},
                                                                   {R"("scopes":[])", R"("scopes":[1])"},
                                                                   {"9999999999", "\"9999999999\""},
                                                                   {"9999999999", "1e99"},
                                                                   {"9999999999", "-1"},
                                                                   {"9999999999", "9223372036854775807"},
                                                                   {R"("sub":"x")", R"("sub":"x","email":"a@b")"},
                                                                   {R"("sub":"x")", R"("sub":"x","sid":"y")"},
                                                                   {org, "org-123"},
                                                                   {good, "[]"}};
  for (const auto& [from, to] : changes) {
    auto changed = good;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_FALSE(with(changed)) << changed;
  }
}

TEST(AccessToken, of_the_key_before_the_last_rotation_still_counts) {
  const TokenKeys rotated{.current = std::string(32, 'n'), .previous = k_keys.current};
  const auto old_token = make_access_token(somebody(), k_now, minutes(15), k_keys);
  EXPECT_TRUE(read_access_token(old_token, k_now, rotated));
  EXPECT_FALSE(read_access_token(make_access_token(somebody(), k_now, minutes(15), rotated), k_now, k_keys))
      << "new ones are signed with the new key";
  EXPECT_FALSE(read_access_token(old_token, k_now, {.current = rotated.current, .previous = ""}));
  EXPECT_FALSE(read_access_token(forge(R"({"alg":"HS256"})", "{}", ""), k_now, {.current = rotated.current, .previous = ""}))
      << "no previous key is not the empty key";
}

TEST(TokenKeys, come_from_the_setting_if_it_is_long_enough) {
  db::TemporaryFolder folder;
  EXPECT_EQ(TokenKeys::load(std::string(32, 's'), "", folder.path()).value().current, std::string(32, 's'));
  const auto weak = TokenKeys::load("secret", "", folder.path());
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().message(), "JWT_SECRET_KEY has 6 bytes; it must have 32 or more, as from: openssl rand -base64 48");
  EXPECT_FALSE(TokenKeys::load(std::string(32, 's'), "secret", folder.path()));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(TokenKeys, are_made_once_and_kept_for_their_owner_alone) {
  db::TemporaryFolder folder;
  const auto first = TokenKeys::load("", "", folder.path()).value();
  EXPECT_GE(first.current.size(), 32U);
  EXPECT_EQ(TokenKeys::load("", "", folder.path()).value().current, first.current);
  const auto path = folder.path() / "token.key";
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "nothing is left of making it";

  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  const auto open = TokenKeys::load("", "", folder.path());
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().describe().find("chmod 600"), std::string::npos);
}

TEST(TokenKeys, in_a_damaged_file_are_refused_not_replaced) {
  db::TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "token.key", "short\n", 0600));
  EXPECT_FALSE(TokenKeys::load("", "", folder.path()));
  EXPECT_EQ(read_file(folder.path() / "token.key").value(), "short\n");
}

}  // namespace
}  // namespace gannet::identity
