// The event log's part of the schema.
#pragma once

#include <span>

#include "db/driver.hpp"
#include "db/migrations.hpp"

namespace gannet::events {

std::span<const db::Migration> migrations();

/// For db::copy_database_blocking(): transaction ids mean something on one server only. Each cursor goes back to before the first
/// event that it has not seen; some may come twice.
extern const db::DialectSql k_after_copy;

}  // namespace gannet::events
