#include "db/engines_for_test.hpp"

#include "db/postgres_driver.hpp"
#include "db/postgres_for_test.hpp"
#include "db/sqlite_driver.hpp"

namespace gannet::db {

DatabaseForTest::DatabaseForTest(EngineForTest engine, const Clock& clock)
    : engine_(engine),
      clock_(clock),
      url_(engine == Dialect::postgres ? PostgresForTest::shared().create_database() : std::string()) {
  open()->migrate_blocking({}).value();
}

std::shared_ptr<Driver> DatabaseForTest::driver() const {
  if (engine_ == Dialect::sqlite) return make_sqlite_driver(folder_.path(), clock_);
  return make_postgres_driver(url_, {.clock_for_test = &clock_}).value();
}

}  // namespace gannet::db
