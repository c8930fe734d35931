#include "report/impl/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace gannet::report {

std::string safe(std::string_view untrusted, std::size_t max_bytes) { return printable(untrusted, max_bytes); }

std::string count_words(std::size_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string list_words(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return parts.empty() ? "" : parts[0];
  return join({parts.begin(), parts.end() - 1}, ", ") + " and " + parts.back();
}

std::string state_words(const std::vector<record::ConsentState>& states) {
  std::vector<std::string> names;
  for (const record::ConsentState state : states) names.emplace_back(to_string(state));
  return list_words(names);
}

std::string lifetime_words(std::optional<std::int64_t> lifetime_seconds) {
  constexpr std::int64_t k_ten_years_s = 10 * 365 * 86'400LL;
  if (!lifetime_seconds) return "session";
  if (*lifetime_seconds <= 0) return "expired";
  if (*lifetime_seconds > k_ten_years_s) return ">10 years";
  return format_duration(std::chrono::seconds(*lifetime_seconds));
}

std::string_view host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::string short_url(std::string_view url) {
  const std::string_view host = host_of(url);
  if (host.empty()) return safe(url, 60);
  std::string_view path = url.substr(std::size_t(host.data() - url.data()) + host.size());
  path = path.substr(0, path.find_first_of("?#"));
  if (path.empty() || path == "/") return safe(host, 100) + "/";
  const auto last_slash = path.substr(0, path.size() - 1).rfind('/');
  return safe(host, 100) + (last_slash == 0 ? "" : "/…") +
         safe(path.substr(last_slash == std::string_view::npos ? 0 : last_slash), 100);
}

std::string set_by_words(const record::Writer& writer) {
  if (writer.by_gannet) return "Gannet's own action";
  switch (writer.kind) {
    case record::WriterKind::http: return "HTTP response of " + safe(host_of(writer.url), 100);
    case record::WriterKind::script:
      if (writer.url.empty()) return "inline script of " + short_url(writer.document_url);
      return short_url(writer.url) + (writer.line > 0 ? fmt::format(":{}", writer.line) : "");
    case record::WriterKind::unknown: return "not observed";
  }
  return "";
}

std::string category_words(const inspect::Categorisation& categorisation) {
  const bool is_unsure =
      categorisation.confidence == record::Confidence::unsure && categorisation.category != inspect::Category::unknown;
  return std::string(to_string(categorisation.category)) + (is_unsure ? "?" : "");
}

std::string owner_words(const inspect::Owner& owner) {
  if (owner.name.empty()) return "";
  return safe(owner.name, 100) + (owner.country.empty() ? "" : " (" + safe(owner.country, 10) + ")");
}

std::string choice_words(const record::ConsentOutcome& consent) {
  if (consent.result == record::ConsentResult::not_attempted) return "";
  if (consent.clicks == 0 && consent.method.empty()) {
    if (consent.result == record::ConsentResult::no_banner) return "no banner found";
    return "no such button" + (consent.platform.empty() ? "" : " in the banner of " + safe(consent.platform, 60));
  }
  std::string words = consent.button_text.empty() ? "chosen" : "clicked “" + safe(consent.button_text, 60) + "”";
  const bool is_platform_known = consent.platform != "heuristic" && consent.platform != "site selector";
  if (!consent.platform.empty() && is_platform_known) words += " of " + safe(consent.platform, 60);
  words += fmt::format(" ({}, {}): {}", safe(consent.method, 40),
                       count_words(std::size_t(std::max(0, consent.clicks)), "click", "clicks"), to_string(consent.result));
  for (const std::string& proof : consent.proofs) words += ", " + safe(proof, 100);
  return words;
}

std::string page_words(std::string_view url, std::string_view scan_url) {
  const std::string_view host = host_of(scan_url);
  if (host.empty()) return safe(url, 300);
  const std::string_view origin = scan_url.substr(0, std::size_t(host.data() - scan_url.data()) + host.size());
  const bool is_same_origin = url.starts_with(origin) && url.substr(origin.size()).starts_with('/');
  return safe(is_same_origin ? url.substr(origin.size()) : url, 300);
}

std::string frame_words(const record::StackFrame& frame) {
  const std::string place = frame.line > 0 ? fmt::format(":{}:{}", frame.line, frame.column) : "";
  return fmt::format("{} {}{}", frame.function.empty() ? "(anonymous)" : safe(frame.function, 120), safe(frame.url, 300), place);
}

std::string refusal_words(const std::vector<std::string>& blocked_reasons) {
  // Network.SetCookieBlockedReason of the DevTools protocol, and what the recorder adds.
  static constexpr auto k_reasons = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"SecureOnly", "Secure, but not set over HTTPS"},
      {"SameSiteStrict", "SameSite=Strict, set from another site"},
      {"SameSiteLax", "SameSite=Lax, set from another site"},
      {"SameSiteUnspecifiedTreatedAsLax", "no SameSite, set from another site"},
      {"SameSiteNoneInsecure", "SameSite=None without Secure"},
      {"UserPreferences", "refused by the browser's settings"},
      {"ThirdPartyPhaseout", "third-party cookies are blocked"},
      {"ThirdPartyBlockedInFirstPartySet", "third-party cookies are blocked"},
      {"SyntaxError", "malformed"},
      {"SchemeNotSupported", "set by an address without cookies"},
      {"OverwriteSecure", "would replace a Secure cookie over HTTP"},
      {"InvalidDomain", "for a domain that is not its own"},
      {"InvalidPrefix", "breaks the promise of its name's prefix"},
      {"SchemefulSameSiteStrict", "SameSite=Strict, set across HTTP and HTTPS"},
      {"SchemefulSameSiteLax", "SameSite=Lax, set across HTTP and HTTPS"},
      {"SchemefulSameSiteUnspecifiedTreatedAsLax", "no SameSite, set across HTTP and HTTPS"},
      {"NameValuePairExceedsMaxSize", "larger than 4096 bytes"},
      {"DisallowedCharacter", "holds a forbidden character"},
      {"NoCookieContent", "empty"},
      {"NotInJar", "did not reach the jar"},
      {"UnknownError", "no reason given"},
      {"Unknown", "no reason given"},
  });
  std::vector<std::string> parts;
  for (const std::string& reason : blocked_reasons) {
    const auto* const known = std::ranges::find(k_reasons, reason, &std::pair<std::string_view, std::string_view>::first);
    std::string words = known == k_reasons.end() ? safe(reason, 60) : std::string(known->second);
    if (std::ranges::count(parts, words) == 0) parts.push_back(std::move(words));
  }
  return join(parts, "; ");
}

std::string handful_words(const std::vector<std::string>& items) {
  constexpr std::size_t k_handful = 5;
  std::vector<std::string> shown;
  for (const std::string& item : items)
    if (shown.size() < k_handful) shown.push_back(safe(item, 80));
  if (items.size() == shown.size()) return list_words(shown);
  return fmt::format("{} and {} more", join(shown, ", "), items.size() - shown.size());
}

std::string uri_of(std::string_view url) {
  constexpr std::string_view k_allowed = "-._~:/?#@!$&'()*+,;=";
  const std::string_view host = host_of(url);
  const auto host_end = host.empty() ? 0 : std::size_t(host.data() - url.data()) + host.size();
  std::string uri;
  bool has_fragment = false;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    const bool is_escape = c == '%' && i + 2 < url.size() && std::isxdigit(static_cast<unsigned char>(url[i + 1])) &&
                           std::isxdigit(static_cast<unsigned char>(url[i + 2]));
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    // Brackets stand around an IPv6 address only.
    const bool is_bracket = (c == '[' || c == ']') && i < host_end;
    const bool is_second_fragment = c == '#' && std::exchange(has_fragment, has_fragment || c == '#');
    if ((is_alphanumeric || is_escape || is_bracket || k_allowed.contains(c)) && !is_second_fragment)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

std::string when_words(const record::Evidence& evidence) {
  return fmt::format("{} {}", to_string(evidence.state), to_string(evidence.phase));
}

}  // namespace gannet::report
