// Facts of a scan in words, as the text and the HTML report both print them. Results are printable; HTML must still escape. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspection.hpp"

namespace gannet::report {

/// Untrusted text made printable and cut to what a person reads in a report.
std::string safe(std::string_view untrusted, std::size_t max_bytes = 400);

/// "1 cookie", "3 cookies".
std::string count_words(std::size_t count, std::string_view singular, std::string_view plural);
/// "a", "a and b", "a, b and c".
std::string list_words(const std::vector<std::string>& parts);
/// "untouched", "untouched and rejected".
std::string state_words(const std::vector<record::ConsentState>& states);

/// "session", "30 min", "400 d", "over 10 years", "expired".
std::string lifetime_words(std::optional<std::int64_t> lifetime_seconds);
/// Host and last path segment, without query: "tags.test/…/t.js". Empty for an empty URL.
std::string short_url(std::string_view url);
/// Host and port; empty where the URL has none (data:, blob:, about:).
std::string_view host_of(std::string_view url);
/// "tags.test/t.js:3", "HTTP response of shop.test", "unknown".
std::string set_by_words(const record::Writer& writer);
/// "analytics", "unknown", "analytics?" where the category is unsure.
std::string category_words(const inspect::Categorisation& categorisation);
/// "Adnet GmbH (DE)"; empty where nobody knows.
std::string owner_words(const inspect::Owner& owner);
/// What was done for a state's choice and how it is known: "clicked “Ablehnen” of Cookiebot (autoconsent, 1 click): proved,
/// banner gone". Empty where no choice was attempted.
std::string choice_words(const record::ConsentOutcome& consent);
/// The path of a page of the scanned origin, the whole URL of any other.
std::string page_words(std::string_view url, std::string_view scan_url);
/// "setCookie https://tags.test/t.js:3:9", "(anonymous) …".
std::string frame_words(const record::StackFrame& frame);
/// Why the browser refused a cookie: "no SameSite, set from another site; third-party cookies are blocked". A reason that this
/// version does not know stands as Chromium names it.
std::string refusal_words(const std::vector<std::string>& blocked_reasons);
/// The first few, then how many more: "a, b, c and 266 more".
std::string handful_words(const std::vector<std::string>& items);
/// A URL as RFC 3986 allows it: what a redacted URL may not hold ("<27>") percent-encoded. For formats that demand a URI.
std::string uri_of(std::string_view url);
/// "untouched S0".
std::string when_words(const record::Evidence& evidence);

}  // namespace gannet::report
