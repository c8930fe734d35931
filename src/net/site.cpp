// The public-suffix half of url.hpp.
#include <memory>

#include <libpsl.h>

#include "base/text.hpp"
#include "net/impl/host.hpp"
#include "net/url.hpp"

namespace gannet::net {
namespace {

/// The distribution's list (package publicsuffix), or the copy inside libpsl where that is newer.
const psl_ctx_t* public_suffixes() {
  static const std::unique_ptr<psl_ctx_t, void (*)(psl_ctx_t*)> list(psl_latest(nullptr), psl_free);
  return list ? list.get() : psl_builtin();
}

}  // namespace

std::string registrable_domain(std::string_view host) {
  std::string name = to_lower(host);
  if (name.ends_with('.')) name.pop_back();
  if (is_ip_host(name)) return name;
  const char* found = psl_registrable_domain(public_suffixes(), name.c_str());
  return found ? std::string(found) : name;
}

bool is_same_site(std::string_view host_a, std::string_view host_b) {
  return registrable_domain(host_a) == registrable_domain(host_b);
}

}  // namespace gannet::net
