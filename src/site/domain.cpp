#include "site/domain.hpp"

#include "base/text.hpp"
#include "net/url.hpp"

namespace gannet::site {

namespace {

constexpr std::size_t k_text_bytes_max = 2000;
/// schedules.domain of guide 002.
constexpr std::size_t k_domain_bytes_max = 255;

}  // namespace

Result<Domain> normalise_domain(std::string_view text) {
  const auto sent = trim(text);
  if (sent.empty())
    return fail(ErrorKind::invalid, "domain is empty; it must be a site like example.com or https://example.com/shop");
  if (sent.size() > k_text_bytes_max)
    return fail(ErrorKind::invalid, "domain has {} bytes; {} is the most", sent.size(), k_text_bytes_max);
  auto url = net::parse_scan_url(sent);
  if (!url) return pass(url, "domain");
  Domain domain{.domain = url->authority(),
                .start_url = url->without_fragment(),
                .fallback_url = std::nullopt,
                .as_sent = std::string(sent)};
  if (domain.domain.size() > k_domain_bytes_max)
    return fail(ErrorKind::invalid, "domain has {} bytes; {} is the most", domain.domain.size(), k_domain_bytes_max);
  if (sent.find("://") == std::string_view::npos && url->has_default_port())
    domain.fallback_url = "http" + domain.start_url.substr(domain.start_url.find(':'));
  return domain;
}

}  // namespace gannet::site
