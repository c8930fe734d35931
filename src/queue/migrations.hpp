// The queue's part of the schema.
#pragma once

#include <span>

#include "db/migrations.hpp"

namespace gannet::queue {

std::span<const db::Migration> migrations();

}  // namespace gannet::queue
