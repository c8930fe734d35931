#include "base/version.hpp"

namespace gannet {
std::string_view version() { return GANNET_VERSION; }
}  // namespace gannet
