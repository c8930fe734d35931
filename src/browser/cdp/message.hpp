// Reads one protocol message. Chromium writes the strings of a page as it has them, and a page may have a lone UTF-16 surrogate
// ("\ud800" in the message): legal JSON (RFC 8259 §8.2), refused by the parser. It must not end the connection. Pure.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/error.hpp"

namespace gannet::browser::cdp {

/// Nested deeper, a message is refused. Chromium writes up to 300 levels and answers with an error beyond (measured with 156).
inline constexpr std::size_t k_message_depth_max = 320;

/// Lone surrogates and bytes that are not UTF-8 read as U+FFFD. Errors: `protocol`.
Result<boost::json::value> parse_message(std::string_view bytes);

/// The same text with each lone surrogate escape and each byte that is not UTF-8 replaced by U+FFFD.
std::string repair_unicode(std::string_view json);

}  // namespace gannet::browser::cdp
