// Redactor::header: which header values are kept, and how.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "record/value.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_text_bytes_max = 512;
constexpr std::size_t k_digest_digits = 16;

/// They describe the transfer or a policy, with words that are the same for every visitor. Sorted.
constexpr std::array<std::string_view, 60> k_harmless = {
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-request-headers",
    "access-control-request-method",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "dnt",
    "expires",
    "feature-policy",
    "host",
    "keep-alive",
    "last-modified",
    "origin",
    "origin-agent-cluster",
    "permissions-policy",
    "pragma",
    "priority",
    "range",
    "referrer-policy",
    "retry-after",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "sec-purpose",
    "server",
    "strict-transport-security",
    "timing-allow-origin",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
    "x-xss-protection",
};
static_assert(std::ranges::is_sorted(k_harmless));

constexpr std::array<std::string_view, 4> k_urls = {"content-location", "location", "referer", "sourcemap"};
constexpr std::array<std::string_view, 2> k_policies = {"content-security-policy", "content-security-policy-report-only"};

bool contains(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

std::string bounded(std::string_view text) {
  const auto kept = utf8_prefix(text, k_text_bytes_max);
  if (kept.size() == text.size()) return std::string(text);
  return fmt::format("{}…<{}>", kept, text.size() - kept.size());
}

/// Nonces are made anew for each response, and addresses for reports may name the visitor.
std::string redact_policy(const Redactor& redactor, std::string_view policy) {
  constexpr std::string_view k_nonce = "'nonce-";
  std::string redacted;
  for (auto word : split(policy.substr(0, 4 * k_text_bytes_max), ' ')) {
    if (!redacted.empty()) redacted += ' ';
    const bool ends_directive = word.ends_with(';');
    if (ends_directive) word.remove_suffix(1);
    if (word.starts_with(k_nonce))
      redacted += fmt::format("'nonce-<{}>'", word.size() - k_nonce.size() - (word.ends_with('\'') ? 1 : 0));
    else if (word.find('/') != std::string_view::npos)
      redacted += redactor.url(word);
    else
      redacted += word;
    if (ends_directive) redacted += ';';
  }
  return redacted;
}

}  // namespace

std::string Redactor::header(std::string_view name, std::string_view value) const {
  const auto key = to_lower(name);
  if (contains(k_harmless, key)) return bounded(value);
  if (contains(k_urls, key)) return url(value);
  if (contains(k_policies, key)) return bounded(redact_policy(*this, value));
  if (value.empty()) return {};
  return fmt::format("<{}:{}>", value.size(), std::string_view(digest(value).hmac).substr(0, k_digest_digits));
}

}  // namespace gannet::record
