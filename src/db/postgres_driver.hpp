// The PostgreSQL engine: one database of a server, version 12 or newer, that is no standby. A write transaction is READ COMMITTED
// and takes locks as it goes; a read transaction is REPEATABLE READ, so that all its statements see one state, and READ ONLY.
//
// A connection that broke between two transactions, because the server was restarted or a firewall forgot it, is made anew
// without the caller noticing. One that breaks within a transaction fails it with `unavailable`: nothing of it is kept, except
// where is_commit_unknown() says that nobody knows.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "db/driver.hpp"

namespace gannet::db {

struct PostgresOptions {
  /// The server ends a statement after this time, and a transaction that does nothing for twice as long.
  std::chrono::milliseconds statement_timeout{30'000};
  /// How long after that a server that says nothing at all is taken for gone.
  std::chrono::milliseconds silence_max{10'000};
  std::chrono::seconds connect_timeout{10};
  /// Connections are made anew after this time, so that a changed address or a server that leaks is no trouble for ever.
  std::chrono::minutes lifetime{60};
  /// When set, gannet_now() is this clock's time at the beginning of each transaction.
  const Clock* clock_for_test = nullptr;
};

/// Whether a DATABASE_URL is for this engine.
bool is_postgres_url(std::string_view url);

/// `url` is what libpq takes: postgresql://user:password@host:port/database?options, or "host=… dbname=…"; what it leaves out
/// comes from PGHOST and its sisters, a password also from ~/.pgpass. Does not connect. Error `invalid` where it cannot be read;
/// no message ever shows the password.
Result<std::unique_ptr<Driver>> make_postgres_driver(const std::string& url, PostgresOptions options = {});

}  // namespace gannet::db
