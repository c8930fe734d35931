// The steps of the schema that make this module's table.
#pragma once

#include <span>

#include "db/migrations.hpp"

namespace gannet::api {

std::span<const db::Migration> migrations();

}  // namespace gannet::api
