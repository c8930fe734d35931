// Host names compared label by label: "evilexample.com" is not under "example.com". Pure.
#pragma once

#include <string_view>

namespace gannet::datasets {

/// Whether `host` is `domain` or a subdomain of it. Both in lower case, without leading or trailing dots.
inline bool is_under(std::string_view host, std::string_view domain) {
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

/// The host without its first label; empty for a single label.
inline std::string_view parent_of(std::string_view host) {
  const auto dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view{} : host.substr(dot + 1);
}

}  // namespace gannet::datasets
