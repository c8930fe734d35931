// How a driver says that nobody can tell whether a commit took effect; see is_commit_unknown().
#pragma once

#include <string>

#include "base/error.hpp"

namespace gannet::db::impl {

/// Of kind `unavailable`.
Error make_commit_unknown(std::string message);

}  // namespace gannet::db::impl
