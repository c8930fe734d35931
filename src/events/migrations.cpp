#include "events/migrations.hpp"

#include "embedded/migration_010_events_postgres.hpp"
#include "embedded/migration_010_events_sqlite.hpp"

namespace gannet::events {

namespace {

constexpr std::string_view k_forget_transactions =
    "UPDATE event_cursors SET id = least_of.id FROM (SELECT c.consumer, coalesce(min(e.id) - 1, max(c.id)) AS id FROM "
    "event_cursors AS c"
    " LEFT JOIN events AS e ON (e.xid, e.id) > (c.xid, c.id) GROUP BY c.consumer) AS least_of"
    " WHERE least_of.consumer = event_cursors.consumer AND least_of.id < event_cursors.id;"
    "UPDATE event_cursors SET xid = 0; UPDATE events SET xid = 0";

}  // namespace

const db::DialectSql k_after_copy = {.sqlite = k_forget_transactions, .postgres = k_forget_transactions};

std::span<const db::Migration> migrations() {
  static const db::Migration k_migrations[] = {
      {10, "events", embedded::migration_010_events_sqlite, embedded::migration_010_events_postgres}};
  return k_migrations;
}

}  // namespace gannet::events
