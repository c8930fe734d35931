#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace gannet {
void assertion_failed(const char* expression, const char* file, int line, std::string_view message) {
  const std::string text = fmt::format("gannet: invariant broken at {}:{}: {} ({})\n", file, line, message, expression);
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::abort();
}
}  // namespace gannet
