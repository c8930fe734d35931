#include "base/log.hpp"

#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/clock.hpp"

namespace gannet::log {
namespace {

std::atomic<Level> g_level{Level::warning};
std::mutex g_mutex;

void write_to_standard_error(Level level, std::string_view area, std::string_view message) {
  const std::string line = fmt::format("{} {} {}: {}\n", format_instant(SystemClock().now()), to_string(level), area, message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Sink& sink() {
  static Sink current = write_to_standard_error;
  return current;
}

}  // namespace

void set_level(Level level) { g_level = level; }
Level level() { return g_level; }

void set_sink(Sink new_sink) {
  const std::lock_guard lock(g_mutex);
  sink() = new_sink ? std::move(new_sink) : write_to_standard_error;
}

void write(Level level, std::string_view area, std::string_view message) {
  const std::lock_guard lock(g_mutex);
  sink()(level, area, message);
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug: return "DEBUG";
    case Level::info: return "INFO";
    case Level::warning: return "WARNING";
    case Level::error: return "ERROR";
    case Level::off: return "OFF";
  }
  return "OFF";
}

}  // namespace gannet::log
