// The steps of the schema that make this module's tables.
#pragma once

#include <span>

#include "db/migrations.hpp"

namespace gannet::site {

std::span<const db::Migration> migrations();

}  // namespace gannet::site
