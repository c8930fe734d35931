// Small text functions that the standard library lacks. Pure; ASCII where case matters (host names, header names).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet {

/// ASCII only: bytes outside A–Z are left alone.
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Removes spaces, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);
/// Splits at each separator; "a,,b" gives three parts, "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Makes untrusted text safe for a terminal or a log line: control characters (C0, DEL, C1, bidirectional overrides) become
/// \n-style or \u{…} escapes, invalid UTF-8 bytes become \xHH. Never longer than `max_bytes` plus an ellipsis.
std::string printable(std::string_view untrusted, std::size_t max_bytes = 2000);

/// The longest prefix of at most `max_bytes` that does not cut a UTF-8 character in two.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// Length of the valid UTF-8 sequence (RFC 3629) that `text`, which is not empty, starts with, and its code point in `code`; 0
/// where there is none.
std::size_t utf8_sequence(std::string_view text, char32_t& code);

/// Standard alphabet, padding optional; white space is not accepted.
std::optional<std::string> decode_base64(std::string_view text);
/// The URL-safe alphabet (RFC 4648 §5), padding optional.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64(std::string_view bytes);
/// The URL-safe alphabet without padding, as JOSE writes it (RFC 7515 §2).
std::string encode_base64url(std::string_view bytes);
std::string encode_hex(std::string_view bytes);

/// %HH decoded; a malformed escape stays as it is.
std::string percent_decode(std::string_view text);

}  // namespace gannet
