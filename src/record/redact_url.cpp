// Redactor::url: a hand-written scan, since a hostile URL need not be one. It never looks back over more than one segment.
#include <algorithm>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "record/value.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_url_bytes_max = 8 * 1024;
constexpr std::size_t k_mime_bytes_max = 80;
constexpr std::size_t k_extension_bytes_max = 5;
/// Shorter text carries too little to single a person out, and is most often a word or a version.
constexpr std::size_t k_identifier_bytes_min = 16;
/// No path segment that tells something about a page is longer.
constexpr std::size_t k_segment_bytes_max = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_lower(c) || is_upper(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string size_of(std::string_view text) { return fmt::format("<{}>", text.size()); }

/// Printable ASCII as it is, all else percent-encoded, so that the result is always a valid and harmless string.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > 0x20 && c < 0x7f && c != '<' && c != '>')
      out += c;
    else
      out += fmt::format("%{:02X}", std::uint8_t(c));
  }
  return out;
}

int character_kind(char c) { return is_digit(c) ? 0 : is_lower(c) ? 1 : 2; }

/// How often digit, lower case and upper case take turns: words and dates change seldom, random characters nearly always.
std::size_t count_turns(std::string_view letters_and_digits) {
  std::size_t turns = 0;
  for (std::size_t i = 1; i < letters_and_digits.size(); ++i)
    turns += character_kind(letters_and_digits[i - 1]) != character_kind(letters_and_digits[i]);
  return turns;
}

/// Text without separators: a long number, a long hexadecimal number, or characters in random order.
bool is_random(std::string_view text) {
  if (text.size() < k_identifier_bytes_min) return false;
  const auto digits = std::ranges::count_if(text, is_digit);
  if (digits >= 2 && std::ranges::all_of(text, is_hex)) return true;
  return count_turns(text) * (digits >= 2 ? 4 : 3) >= text.size();
}

/// E-mail addresses, UUIDs, hashes, session tokens. Judged as a whole, with the separators of UUIDs and base64url left out, and
/// run by run, so that a token beside words is seen as well.
bool is_identifier(std::string_view written) {
  if (written.size() > k_segment_bytes_max) return true;
  const std::string text = percent_decode(percent_decode(written));
  if (text.contains('@')) return true;
  std::string all, run;
  for (const char c : text) {
    if (is_alnum(c)) {
      all += c;
      run += c;
      continue;
    }
    if (is_random(run)) return true;
    run.clear();
    if (c != '-' && c != '_' && c != '.' && c != '~' && c != '=' && c != '+') all += ' ';
  }
  return is_random(run) || (!all.contains(' ') && is_random(all));
}

/// ".js" of "bundle.js"; empty where there is none of at most five letters or digits.
std::string_view extension(std::string_view segment) {
  const std::size_t dot = segment.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view found = segment.substr(dot);
  const bool is_plain =
      found.size() >= 2 && found.size() <= 1 + k_extension_bytes_max && std::ranges::all_of(found.substr(1), is_alnum);
  return is_plain ? found : std::string_view();
}

std::string redact_text(std::string_view segment) {
  const std::string_view tail = extension(segment);
  const std::string_view stem = segment.substr(0, segment.size() - tail.size());
  if (percent_decode(percent_decode(segment)).contains('@')) return size_of(segment);
  return is_identifier(stem) ? size_of(stem) + std::string(tail) : plain(segment);
}

bool is_gcs(std::string_view value) {
  return value.size() == 4 && value.starts_with("G1") && value.find_first_not_of("01-", 2) == std::string_view::npos;
}

/// '1', a digit, then pairs of letter and digit: four types, room for more.
bool is_gcd(std::string_view value) {
  if (value.size() < 9 || value.size() > 16 || value[0] != '1') return false;
  for (std::size_t i = 1; i < value.size(); ++i)
    if (i % 2 == 1 ? !is_digit(value[i]) : !is_lower(value[i])) return false;
  return true;
}

bool is_us_privacy(std::string_view value) {
  return value.size() == 4 && value[0] == '1' && value.find_first_not_of("YN-", 1) == std::string_view::npos;
}

bool is_consent_fact(std::string_view name, std::string_view value) {
  if (name == "gcs") return is_gcs(value);
  if (name == "gcd") return is_gcd(value);
  if (name == "gdpr") return value == "0" || value == "1";
  return name == "us_privacy" && is_us_privacy(value);
}

std::string redact_parameter(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return parameter.empty() ? "" : size_of(parameter);
  const std::string_view name = parameter.substr(0, equals), value = parameter.substr(equals + 1);
  const std::string kept_name = is_identifier(name) ? size_of(name) : plain(name);
  return kept_name + "=" + (is_consent_fact(name, value) ? plain(value) : size_of(value));
}

/// Applies `redact` to each piece between separators, which stay.
std::string redact_each(std::string_view text, std::string_view separators, std::string (*redact)(std::string_view)) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find_first_of(separators);
    out += redact(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

/// A path segment, with its parameters ("activity;src=1;u1=x", as DoubleClick sends them).
std::string redact_segment(std::string_view segment) {
  const std::size_t parameters = segment.find(';');
  const std::string_view name = segment.substr(0, parameters);
  std::string out = name.contains('=') ? redact_parameter(name) : redact_text(name);
  if (parameters == std::string_view::npos) return out;
  return out + ";" + redact_each(segment.substr(parameters + 1), ";&", redact_parameter);
}

/// Path, query and fragment.
std::string redact_tail(std::string_view tail) {
  const std::size_t hash = tail.find('#');
  const std::string_view fragment = hash == std::string_view::npos ? std::string_view() : tail.substr(hash + 1);
  tail = tail.substr(0, hash);
  const std::size_t mark = tail.find('?');
  std::string out = redact_each(tail.substr(0, mark), "/\\", redact_segment);
  if (mark != std::string_view::npos) out += "?" + redact_each(tail.substr(mark + 1), "&;?", redact_parameter);
  if (!fragment.empty()) out += "#" + size_of(fragment);
  return out;
}

/// What follows "scheme:" or, for a reference that inherits its scheme, the whole of it; begins with "//".
std::string redact_hierarchical(std::string_view rest) {
  rest.remove_prefix(2);
  const std::size_t authority_end = std::min(rest.find_first_of("/\\?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  const std::size_t at = authority.rfind('@');
  return "//" + plain(at == std::string_view::npos ? authority : authority.substr(at + 1)) +
         redact_tail(rest.substr(authority_end));
}

/// RFC 3986 §3.1; empty where the text does not start with "scheme:".
std::string_view scheme_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 32 || !(is_lower(url[0]) || is_upper(url[0]))) return {};
  const std::string_view scheme = url.substr(0, colon);
  return std::ranges::all_of(scheme, [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; }) ? scheme
                                                                                                             : std::string_view();
}

/// "data:" then the MIME type, a comma and the size of the data alone.
std::string redact_data(std::string_view rest) {
  const std::size_t comma = rest.find(',');
  if (comma == std::string_view::npos) return "data:" + size_of(rest);
  const std::string_view mime = rest.substr(0, rest.find_first_of(";,"));
  const bool is_mime = mime.size() <= k_mime_bytes_max && std::ranges::all_of(mime, [](char c) {
                         return is_alnum(c) || c == '/' || c == '-' || c == '+' || c == '.';
                       });
  return fmt::format("data:{},{}", is_mime && !is_identifier(mime) ? mime : "", size_of(rest.substr(comma + 1)));
}

std::string redact_whole(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return url.starts_with("//") ? redact_hierarchical(url) : redact_tail(url);
  const std::string_view rest = url.substr(scheme.size() + 1);
  const std::string head = to_lower(scheme) + ":";
  if (rest.starts_with("//")) return head + redact_hierarchical(rest);
  if (head == "blob:") {
    const std::string_view inner = scheme_of(rest);
    const std::string_view inner_rest = inner.empty() ? std::string_view() : rest.substr(inner.size() + 1);
    if (inner_rest.starts_with("//")) return head + to_lower(inner) + ":" + redact_hierarchical(inner_rest);
  }
  if (head == "about:" && (rest == "blank" || rest == "srcdoc")) return head + std::string(rest);
  return head + size_of(rest);
}

}  // namespace

std::string Redactor::url(std::string_view url) const {
  // A data: URL may be megabytes long, and only its head is looked at.
  if (equals_ignoring_case(scheme_of(url), "data")) return redact_data(url.substr(5));
  const std::string_view head = url.substr(0, k_url_bytes_max);
  std::string out = redact_whole(head);
  if (head.size() < url.size()) out += "…" + size_of(url.substr(head.size()));
  return out;
}

}  // namespace gannet::record
