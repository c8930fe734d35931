// Next fires a second of processor time: every expression in every zone, walked from fire to fire. bench/cron runs it beside its
// peers.
//
// Usage: cron_bench SECONDS; a line of JSON for each expression.
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "schedule/time_spec.hpp"

int main(int argc, char** argv) {
  namespace chr = std::chrono;
  using gannet::schedule::TimeSpec;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  for (const char* zone : {"UTC", "Europe/Berlin"}) {
    for (const char* expression : {"*/5 * * * *", "30 2 * * *", "0 9 * * MON-FRI", "0 0 L * *", "0 0 * * FRI#2", "0 0 29 2 *"}) {
      const auto config = fmt::format(R"({{"cron":"{}"}})", expression);
      const auto spec = TimeSpec::parse({.frequency = "custom", .time_config = config, .timezone = zone}).value();
      const auto begin = gannet::parse_instant("2026-01-01T00:00:00Z").value();
      auto at = begin;
      std::uint64_t count = 0;
      const auto started = std::clock();
      double elapsed = 0;
      while (elapsed < seconds) {
        for (int i = 0; i < 1000; ++i) {
          const auto next = spec.next_after(at);
          // Twenty years, then again: the way of the peers, whose zones end in 2037.
          at = next && *next < begin + chr::years(20) ? *next : begin;
        }
        count += 1000;
        elapsed = double(std::clock() - started) / CLOCKS_PER_SEC;
      }
      fmt::print("{{\"tool\": \"gannet\", \"zone\": \"{}\", \"expression\": \"{}\", \"per_second\": {:.0f}}}\n", zone, expression,
                 double(count) / elapsed);
    }
  }
  return 0;
}
