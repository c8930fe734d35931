// SHA-256 (FIPS 180-4), as content is named by it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gannet::db {

/// 64 hex digits in lower case.
std::string sha256_hex(std::string_view content);

}  // namespace gannet::db
