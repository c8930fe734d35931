// Gannet's own version, from the project() line of CMakeLists.txt.
#pragma once

#include <string_view>

namespace gannet {
std::string_view version();
}
