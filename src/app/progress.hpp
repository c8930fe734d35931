// Progress of a long command on standard error: a bar that redraws itself on a terminal, plain lines when piped.
#pragma once

#include <string>

#include "scan/engine.hpp"

namespace gannet::app {

class ProgressDisplay {
 public:
  /// Looks at standard error once.
  ProgressDisplay();
  /// Removes the bar.
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void say(const std::string& what);
  void show(const scan::Progress& progress);
  void clear();

 private:
  bool is_terminal_;
  bool has_line_ = false;
};

/// Columns of the terminal behind a descriptor, or 100 where it is none.
int terminal_width(int descriptor);

}  // namespace gannet::app
