// SHA-256 (FIPS 180-4): what content is named by. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gannet {

/// 64 hex digits in lower case.
std::string sha256_hex(std::string_view content);

}  // namespace gannet
