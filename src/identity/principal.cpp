#include "identity/principal.hpp"

namespace gannet::identity {

std::string Principal::rate_bucket() const {
  if (api_key) return "key:" + api_key->to_string();
  if (user) return "user:" + user->to_string();
  return "organisation:" + organisation.to_string();
}

}  // namespace gannet::identity
