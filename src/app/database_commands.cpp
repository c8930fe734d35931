// What looks after the database as a whole: migrate, db copy, doctor.
#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/installation_database.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "db/copy.hpp"
#include "db/postgres_driver.hpp"
#include "events/migrations.hpp"
#include "queue/migrations.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

Result<void> print(const std::string& text) {
  auto output = TRY(Output::open({}));
  output.add(text);
  return output.finish();
}

Result<std::string> migrate(const MigrateArguments& arguments) {
  const SystemClock clock;
  const auto& common = arguments.service.common;
  if (!arguments.is_status_only) {
    const auto database = TRY(open_database(common, clock));
    return fmt::format("{} is up to date: {} migrations\n", database->describe(), all_migrations().size());
  }
  const auto driver = TRY(make_driver(common.database_url, common.data_dir, clock));
  const auto database = TRY(db::Database::open(driver, {}));
  auto text = database->describe() + "\n";
  for (const auto& state : TRY(db::list_migrations(*database, all_migrations())))
    text += fmt::format("{:03}  {:<28} {}\n", state.number, state.name,
                        state.applied_at ? "applied " + format_instant(*state.applied_at) : "not applied");
  return text;
}

Result<std::shared_ptr<db::Database>> open_end(const std::string& where, const Clock& clock) {
  CommonArguments common;
  if (db::is_postgres_url(where)) {
    common.database_url = where;
  } else {
    common.data_dir = where;
  }
  return open_database(common, clock);
}

Result<std::string> copy(const DatabaseCopyArguments& arguments) {
  const SystemClock clock;
  auto from = open_end(arguments.from, clock);
  if (!from) return pass(from, "--from");
  auto to = open_end(arguments.to, clock);
  if (!to) return pass(to, "--to");
  const db::CopyOptions options{.skipped = {"job_tokens"},
                                .seeded = {"organisations", "schedule_engine"},
                                .fixes = {events::k_after_copy, queue::k_after_copy}};
  const auto copied = TRY(db::copy_database_blocking(**from, **to, options));
  std::string text;
  for (const auto& table : copied) text += fmt::format("{:<28} {:>10} rows\n", table.name, table.rows);
  return text + "copied and compared; files of scans (visits, screenshots, judgements) stay in the data folder\n";
}

}  // namespace

int run_command(const MigrateArguments& arguments) {
  auto done = migrate(arguments);
  if (!done) return complain(done.error());
  if (auto printed = print(*done); !printed) return complain(printed.error());
  return 0;
}

int run_command(const DatabaseCopyArguments& arguments) {
  auto done = copy(arguments);
  if (!done) return complain(done.error());
  if (auto printed = print(*done); !printed) return complain(printed.error());
  return 0;
}

}  // namespace gannet::app
