#include "inspect/party.hpp"

#include <algorithm>
#include <memory>

#include <libpsl.h>

#include "base/text.hpp"

namespace gannet::inspect {
namespace {

/// The distribution's list where it is newer, else the one built into libpsl. Null only if libpsl was built without any.
const psl_ctx_t* suffix_list() {
  static const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_latest(nullptr), psl_free);
  return list ? list.get() : psl_builtin();
}

bool is_address(std::string_view host) {
  return host.contains(':') || (host.contains('.') && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace

std::string_view to_string(Party party) {
  switch (party) {
    case Party::first: return "first";
    case Party::third: return "third";
  }
  return "";
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  // "data:text/html,http://x" has no host.
  if (scheme == std::string_view::npos || url.substr(0, scheme).find_first_of(":/?#,;") != std::string_view::npos) return {};
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const auto user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  if (host.starts_with('[')) {
    host.remove_prefix(1);
    return to_lower(host.substr(0, host.find(']')));
  }
  return to_lower(host.substr(0, host.find(':')));
}

std::string registrable_domain(std::string_view host) {
  while (host.starts_with('.')) host.remove_prefix(1);
  while (host.ends_with('.')) host.remove_suffix(1);
  std::string name = to_lower(host);
  // libpsl would read a name only up to a NUL.
  if (is_address(name) || name.contains('\0')) return name;
  const char* domain = psl_registrable_domain(suffix_list(), name.c_str());
  return domain ? std::string(domain) : name;
}

Site::Site(const record::ScanRecord& scan) : host_(host_of(scan.url)) {
  domains_.push_back(registrable_domain(host_));
  for (const auto& state : scan.states) {
    if (state.visits.empty() || state.visits.front().final_url.empty()) continue;
    std::string domain = registrable_domain(host_of(state.visits.front().final_url));
    if (!domain.empty() && std::ranges::find(domains_, domain) == domains_.end()) domains_.push_back(std::move(domain));
  }
}

Party Site::party_of(std::string_view host) const {
  if (host.empty()) return Party::first;
  return std::ranges::find(domains_, registrable_domain(host)) == domains_.end() ? Party::third : Party::first;
}

}  // namespace gannet::inspect
