#include "identity/access_token.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

/// The input is what a stranger sends as a token, and what a token says that is rightly signed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gannet::identity::TokenKeys;
  static const TokenKeys k_keys{.current = std::string(32, 'k'), .previous = std::string(32, 'p')};
  const gannet::Instant now(std::chrono::seconds(1'800'000'000));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ASSERT_INVARIANT(!gannet::identity::verify_token(text, k_keys), "nobody can guess a signature");
  const auto token = gannet::identity::sign_token(text, k_keys);
  const auto payload = gannet::identity::verify_token(token, k_keys);
  ASSERT_INVARIANT(!payload || *payload == text, "what was signed comes back");
  if (const auto principal = gannet::identity::read_access_token(token, now, k_keys))
    ASSERT_INVARIANT(gannet::identity::ScopeSet::parse(principal->scopes.to_string()).has_value(), "only scopes that exist");
  return 0;
}
