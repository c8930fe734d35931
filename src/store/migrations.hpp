// The store's part of the schema.
#pragma once

#include <span>

#include "db/migrations.hpp"

namespace gannet::store {

std::span<const db::Migration> migrations();

}  // namespace gannet::store
