// Goal: no fault of processes, replies, clocks and backups makes a due time be fired twice, or not at all without a word. Method:
// a seeded simulation; and the same with one guard taken away at a time, which it must notice.
#include "schedule/simulation_for_test.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gannet::schedule {
namespace {

/// GANNET_SIMULATION_SEEDS=5000 for the long form.
std::uint64_t seeds_to_run(std::uint64_t by_default) {
  const char* wanted = std::getenv("GANNET_SIMULATION_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : by_default;
}

TEST(Simulation, keeps_its_invariants_whatever_happens) {
  std::map<std::string, int> hits;
  for (std::uint64_t seed = 1; seed <= seeds_to_run(12); ++seed) {
    const auto result = Simulation({.seed = seed}).run();
    ASSERT_TRUE(result.violations.empty()) << "seed " << seed << ": " << join(result.violations, "\n");
    for (const auto& [name, count] : result.hits) hits[name] += count;
  }
  // Silence must not be taken for success.
  for (const char* name : {"crash", "commit reply lost", "stale due list", "long outage", "clock stepped back", "fired",
                           "finished", "fenced", "rescued", "edited", "edited in SQL", "refreshed", "paused", "resumed", "asked",
                           "backfilled", "backup restored", "run in calm"})
    EXPECT_GE(hits[name], 5) << name;
}

TEST(Simulation, keeps_its_invariants_on_postgres) {
  for (std::uint64_t seed = 1; seed <= seeds_to_run(2); ++seed) {
    const auto result = Simulation({.engine = db::Dialect::postgres, .seed = seed, .steps = 200}).run();
    ASSERT_TRUE(result.violations.empty()) << "seed " << seed << ": " << join(result.violations, "\n");
  }
}

struct Mutation {
  const char* name;
  std::vector<std::pair<std::string, std::string>> texts;
};

class WithoutGuard : public testing::TestWithParam<Mutation> {};

TEST_P(WithoutGuard, the_simulation_fails) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto violations = Simulation({.seed = seed, .mutations = GetParam().texts}).run().violations;
    if (violations.empty()) continue;
    std::printf("[  noticed ] seed %d: %s\n", int(seed), violations.front().c_str());
    return;
  }
  ADD_FAILURE() << "30 seeds did not notice that it is missing";
}

const Mutation k_mutations[] = {
    {"unique_key",
     {{"  PRIMARY KEY (schedule_id, fire_at, kind),\n", ""},
      {") WITHOUT ROWID;", ");"},
      {" ON CONFLICT (schedule_id, fire_at, kind) DO NOTHING", ""}}},
    {"compare_and_set", {{" AND version = $2 AND cursor_at IS NOT DISTINCT FROM $5", " AND ($2 IS NOT NULL OR $5 IS NULL)"}}},
    {"cursor_update",
     {{"UPDATE schedules SET cursor_at = $3, next_run = $4 WHERE",
       "UPDATE schedules SET next_run = CASE WHEN $3 IS NULL THEN NULL ELSE $4 END WHERE"}}},
    {"next_run_update",
     {{"UPDATE schedules SET cursor_at = $3, next_run = $4 WHERE",
       "UPDATE schedules SET cursor_at = CASE WHEN $4 IS NULL THEN $3 ELSE $3 END WHERE"}}},
    {"token_check", {{"j.token = d.token", "d.token IS NOT NULL"}, {" AND token = $2", " AND $2 IS NOT NULL"}}},
};

INSTANTIATE_TEST_SUITE_P(Guards, WithoutGuard, testing::ValuesIn(k_mutations),
                         [](const auto& mutation) { return std::string(mutation.param.name); });

}  // namespace
}  // namespace gannet::schedule
