// The event log's part of the schema.
#pragma once

#include <span>

#include "db/migrations.hpp"

namespace gannet::events {

std::span<const db::Migration> migrations();

}  // namespace gannet::events
