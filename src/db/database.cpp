#include "db/database.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace gannet::db {

namespace {

/// The database that this thread has a transaction of.
thread_local const Database* t_database = nullptr;

}  // namespace

Database::Database(std::shared_ptr<Driver> driver, DatabaseOptions options)
    : driver_(std::move(driver)),
      readers_(options.readers > 0 ? std::make_unique<Lane>(Access::read, options.readers) : nullptr),
      // More would only wait for each other's lock, in no order.
      writers_(std::make_unique<Lane>(Access::write, driver_->dialect() == Dialect::sqlite ? 1 : options.writers)) {}

Database::~Database() {
  for (auto* lane : {readers_.get(), writers_.get()})
    if (lane) lane->threads.join();
}

Result<std::unique_ptr<Database>> Database::open(std::shared_ptr<Driver> driver, DatabaseOptions options) {
  ASSERT_INVARIANT(options.readers >= 0 && options.writers > 0, "somebody must be able to write");
  std::unique_ptr<Database> database(new Database(std::move(driver), options));
  // The writer first: it makes what does not exist yet.
  int ready = 0;
  for (int i = 0; i < std::max(options.readers, options.writers); ++i)
    for (auto* lane : {database->writers_.get(), database->readers_.get()}) {
      if (!lane || i >= lane->size || (i > 0 && ready >= options.ready_at_start)) continue;
      auto connection = TRY(database->driver_->connect(lane->access));
      lane->idle.push_back(std::move(connection));
      ++ready;
    }
  return database;
}

Result<void> Database::migrate_blocking(std::span<const Migration> migrations) { return apply_migrations(*this, migrations); }

Database::Lane& Database::readers() const {
  ASSERT_INVARIANT(readers_, "a database that was opened without readers is not read from");
  return *readers_;
}

Result<std::unique_ptr<Connection>> Database::take_connection(Lane& lane) {
  {
    const std::scoped_lock lock(lane.mutex);
    if (!lane.idle.empty()) {
      auto connection = std::move(lane.idle.back());
      lane.idle.pop_back();
      return connection;
    }
  }
  return driver_->connect(lane.access);
}

Result<void> Database::check_not_nested() const {
  if (t_database != this) return {};
  return fail(ErrorKind::internal, "a transaction began another one of {} and would wait for itself; use its own Tx instead",
              describe());
}

Result<void> Database::in_transaction(Lane& lane, const std::function<bool(Tx&)>& work) {
  auto connection = TRY(take_connection(lane));
  TRY(connection->begin());
  Tx tx(*connection);
  Result<void> ended;
  t_database = this;
  const bool is_done = work(tx);
  t_database = nullptr;
  if (is_done) {
    ended = connection->commit();
  } else {
    connection->roll_back();
  }
  const std::scoped_lock lock(lane.mutex);
  lane.idle.push_back(std::move(connection));
  return ended;
}

}  // namespace gannet::db
