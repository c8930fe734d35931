#include "browser_host/impl/memory_watch.hpp"

#include <algorithm>

namespace gannet::browser_host {
namespace {

bool exceeds(Bytes bytes, Bytes cap) { return cap.count > 0 && bytes > cap; }

}  // namespace

MemoryUse add_up(std::span<const ProcessMemory> processes) {
  MemoryUse use;
  for (const auto& process : processes) {
    use.total.count += process.bytes.count;
    if (process.is_renderer) use.largest_renderer = std::max(use.largest_renderer, process.bytes);
  }
  return use;
}

bool is_over(const MemoryCaps& caps, const MemoryUse& use) {
  return exceeds(use.largest_renderer, caps.renderer_max) || exceeds(use.total, caps.browser_max);
}

std::vector<MemoryWatch::Kill> MemoryWatch::judge(std::span<const ProcessMemory> processes) {
  std::vector<Kill> kills;
  const ProcessMemory* largest_kept = nullptr;
  Bytes remaining;
  for (const auto& process : processes) {
    if (process.is_renderer && exceeds(process.bytes, caps_.renderer_max)) {
      kills.push_back({MemoryVictim::renderer, process.pid, {MemoryVictim::renderer, process.bytes, caps_.renderer_max}});
      continue;
    }
    remaining.count += process.bytes.count;
    if (process.is_renderer && (!largest_kept || process.bytes > largest_kept->bytes)) largest_kept = &process;
  }
  if (exceeds(remaining, caps_.browser_max)) {
    const MemoryExcess excess{MemoryVictim::browser, remaining, caps_.browser_max};
    if (killed_a_renderer_ || !largest_kept)
      kills.push_back({MemoryVictim::browser, 0, excess});
    else
      kills.push_back({MemoryVictim::renderer, largest_kept->pid, excess});
  }
  killed_a_renderer_ = !kills.empty();
  return kills;
}

}  // namespace gannet::browser_host
