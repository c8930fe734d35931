#include "net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

/// The input is a URL and, after a line end, a reference to resolve on that page.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gannet::net::Url;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line_end = text.find('\n');
  const auto first = text.substr(0, line_end);
  gannet::net::parse_authority(first);
  gannet::net::registrable_domain(first);
  if (const auto typed = gannet::net::parse_scan_url(first))
    ASSERT_INVARIANT(typed->scheme() == "http" || typed->scheme() == "https", "a scan begins at a page");

  const auto url = Url::parse(first);
  if (!url) return 0;
  const auto written = url->to_string();
  for (const char c : written) ASSERT_INVARIANT(c > 0x20 && c < 0x7f, "a URL is printable ASCII");
  const auto again = Url::parse(written);
  ASSERT_INVARIANT(again && *again == *url, "what was read is written back unchanged");
  ASSERT_INVARIANT(!url->host().empty() && url->path().starts_with('/'), "host and path are there");
  const auto identity = gannet::net::normalised_for_dedup(*url);
  const auto normal = Url::parse(identity);
  ASSERT_INVARIANT(normal && gannet::net::normalised_for_dedup(*normal) == identity, "a normal form is its own normal form");
  ASSERT_INVARIANT(gannet::net::is_same_site(url->host(), url->host()), "a host is of its own site");
  if (line_end == std::string_view::npos) return 0;
  if (const auto target = gannet::net::resolve(*url, text.substr(line_end + 1)))
    ASSERT_INVARIANT(Url::parse(target->to_string()).has_value(), "a resolved reference is a URL");
  return 0;
}
