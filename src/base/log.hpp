// The log facade: LOG_INFO("visit", "settled after {} ms", n). Lines go to standard error by default; app/ decides level and sink
// at start. Untrusted text must pass printable() first. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace gannet::log {

enum class Level { debug, info, warning, error, off };

using Sink = std::function<void(Level, std::string_view area, std::string_view message)>;

void set_level(Level level);
Level level();
/// Replaces where lines go; called under a lock, one line at a time. Without a sink they go to standard error.
void set_sink(Sink sink);
void write(Level level, std::string_view area, std::string_view message);
std::string_view to_string(Level level);

}  // namespace gannet::log

#define GANNET_LOG(log_level, area, ...)                                                                        \
  do {                                                                                                          \
    if (log_level >= ::gannet::log::level()) ::gannet::log::write(log_level, area, ::fmt::format(__VA_ARGS__)); \
  } while (false)
#define LOG_DEBUG(area, ...) GANNET_LOG(::gannet::log::Level::debug, area, __VA_ARGS__)
#define LOG_INFO(area, ...) GANNET_LOG(::gannet::log::Level::info, area, __VA_ARGS__)
#define LOG_WARNING(area, ...) GANNET_LOG(::gannet::log::Level::warning, area, __VA_ARGS__)
#define LOG_ERROR(area, ...) GANNET_LOG(::gannet::log::Level::error, area, __VA_ARGS__)
