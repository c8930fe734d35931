// Whose a host is: sites by the Public Suffix List (libpsl), private suffixes included, so that two users of github.io are two
// sites. Pure after the list's first use; free to use from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::inspect {

/// The host of an absolute URL, in lower case, without user, port or the brackets of an IPv6 address; empty where there is none.
std::string host_of(std::string_view url);

/// The public suffix with one more label: "shop.example.co.uk" → "example.co.uk". A host that has none (an IP address,
/// "localhost", a public suffix itself) is its own. Leading and trailing dots and case do not matter.
std::string registrable_domain(std::string_view host);

/// The visited site: the registrable domains of the URL that was asked for and of where its start page led.
class Site {
 public:
  explicit Site(const record::ScanRecord& scan);
  /// The host that findings are filed under.
  const std::string& host() const { return host_; }
  /// `host` may be a cookie's domain with a leading dot. An empty host counts as the site's own.
  Party party_of(std::string_view host) const;

 private:
  std::string host_;
  std::vector<std::string> domains_;
};

}  // namespace gannet::inspect
