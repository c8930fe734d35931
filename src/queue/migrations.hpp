// The queue's part of the schema.
#pragma once

#include <span>

#include "db/driver.hpp"
#include "db/migrations.hpp"

namespace gannet::queue {

std::span<const db::Migration> migrations();

/// For db::copy_database_blocking(): the counter of tokens is no table on PostgreSQL (skip "job_tokens"), and must go on after
/// those that were copied.
extern const db::DialectSql k_after_copy;

}  // namespace gannet::queue
