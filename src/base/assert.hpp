// ASSERT_INVARIANT: for what must not happen whatever the outside does. Stays on in release; aborts with place and message.
// External input never asserts: that is an Error.
#pragma once

#include <string_view>

namespace gannet {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line, std::string_view message);
}

#define ASSERT_INVARIANT(condition, message) \
  ((condition) ? void(0) : ::gannet::assertion_failed(#condition, __FILE__, __LINE__, message))
