// Simulation: several instances of the engine and several workers over one real database, on one thread and a clock that only the
// simulation moves. All it does follows from its seed: it fires, runs, edits, pauses and asks, while processes die between
// statements, replies are lost, the clock steps and backups are restored; then the faults end: all must come to rest, and from
// then on every due time must be run in time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/engines_for_test.hpp"
#include "schedule/executions.hpp"
#include "schedule/faulty_connection_for_test.hpp"

namespace gannet::schedule {

struct SimulationOptions {
  db::Dialect engine = db::Dialect::sqlite;
  std::uint64_t seed = 1;
  int steps = 400;
  /// Of the schema and of every statement: a guard that is taken away.
  std::vector<std::pair<std::string, std::string>> mutations = {};
};

struct SimulationResult {
  /// What is not as it must be; empty where all is well. Each begins with the invariant's name.
  std::vector<std::string> violations;
  /// How often each kind of thing happened.
  std::map<std::string, int> hits;
};

class Simulation {
 public:
  explicit Simulation(SimulationOptions options);
  SimulationResult run();

 private:
  struct Known {
    ScheduleId id;
    std::int64_t version = 0;
    TimeSpec spec;
    /// From where on this spec holds, and how far the cursor was seen.
    Instant since;
    Instant cursor;
  };
  struct RunningScan {
    queue::Claim claim;
    ExecutionId id;
  };

  template <class Work>
  auto transact(Work work) -> std::invoke_result_t<Work&, db::Tx&>;
  /// The same without a fault; that it fails is a violation.
  template <class Work>
  auto demand(Work work);
  void clear_faults();
  std::uint64_t pick(std::uint64_t count) { return random_.next() % count; }
  void violate(std::string what);

  void make_schedules();
  void step();
  void inject_fault();
  void move_clock();
  void fire();
  void begin_scan();
  void end_scan();
  void rescue();
  void edit();
  void refresh();
  void pause_or_resume();
  void ask();
  void restore_backup();
  void observe();
  void check_coverage(const Known& known, Instant until);
  void come_to_rest();
  void run_in_calm();
  void run_all_jobs();
  void check_at_rest();

  const SimulationOptions options_;
  SeededRandom random_;
  ManualClock clock_;
  db::DatabaseForTest data_;
  Faults faults_;
  Defaults defaults_;
  std::vector<std::unique_ptr<FaultyConnection>> instances_;
  std::vector<Known> known_;
  std::vector<RunningScan> scans_;
  bool was_restored_ = false;
  SimulationResult result_;
};

}  // namespace gannet::schedule
