// Decides which processes of one browser must die for memory. Pure; the host measures and kills.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

#include "base/units.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {

/// 0 = no cap.
struct MemoryCaps {
  Bytes renderer_max;
  Bytes browser_max;
};

struct ProcessMemory {
  pid_t pid = 0;
  bool is_renderer = false;
  Bytes bytes;
};

struct MemoryUse {
  Bytes total;
  Bytes largest_renderer;
};

MemoryUse add_up(std::span<const ProcessMemory> processes);
bool is_over(const MemoryCaps& caps, const MemoryUse& use);

/// One per browser; judge() is called once per sample.
class MemoryWatch {
 public:
  explicit MemoryWatch(MemoryCaps caps) : caps_(caps) {}
  const MemoryCaps& caps() const { return caps_; }

  struct Kill {
    MemoryVictim what{};
    pid_t pid = 0;  // Of the renderer; 0 for the whole browser.
    MemoryExcess excess;
  };
  /// Every renderer above its cap. When what then remains is above the browser's cap: the largest remaining renderer, or the
  /// whole browser if the previous sample already cost a renderer, or there is none.
  std::vector<Kill> judge(std::span<const ProcessMemory> processes);

 private:
  MemoryCaps caps_;
  bool killed_a_renderer_ = false;
};

}  // namespace gannet::browser_host
