// Random secrets and their comparison, by libsodium.
#pragma once

#include <string>
#include <string_view>

namespace gannet::identity::impl {

/// From the system's generator; each byte is 4/3 characters of the URL-safe alphabet.
std::string make_secret(std::size_t bytes);

/// In time that does not depend on where they differ.
bool is_same_secret(std::string_view a, std::string_view b);

std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace gannet::identity::impl
