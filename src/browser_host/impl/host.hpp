// The browser host itself: a single-threaded poll(2) loop in its own process. Made by HostProcess; nothing else uses it.
//
//   launching → running → ending → (gone)        launching → ending when the program cannot run
//
// A browser is ending from its exit or a kill until every process of it is gone; only then is its folder removed and its end
// reported. As child subreaper (prctl(2)) the host inherits whatever a browser's processes leave behind, so that all of a
// browser's processes are descendants of the host.
#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include <sys/types.h>

#include "browser_host/fd.hpp"
#include "browser_host/impl/folders.hpp"
#include "browser_host/impl/launch.hpp"
#include "browser_host/impl/memory_watch.hpp"
#include "browser_host/impl/process_table.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {

class Host {
 public:
  Host(Fd socket, BaseFolder base);
  /// Serves until the socket closes; then ends all browsers and removes all folders.
  void run();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  enum class Stage { launching, running, ending };

  struct Browser {
    BrowserId id{};
    BrowserFolder folder;
    Launched process;
    MemoryWatch memory;
    SteadyTime reported_at;
    Stage stage = Stage::launching;
    std::string launch_failure{};
    std::string stderr_tail{};
    bool has_started = false;
    bool is_reaped = false;
    int wait_status = 0;
    SteadyTime give_up_at{};
    int quiet_rounds = 0;
  };

  struct Outgoing {
    std::string bytes;
    std::vector<Fd> fds;
  };

  void wait_for_events();
  void receive_commands();
  void spawn(const SpawnCommand& command);
  void kill(BrowserId id);

  void reap_children();
  void read_status(Browser& browser);
  void read_output(Browser& browser);

  void begin_ending(Browser& browser);
  void advance_endings();
  void finish(Browser& browser);
  Browser* owner_of(const Process& process, const std::vector<Process>& table);

  void sample_if_due();
  void sample(Browser& browser, const std::vector<Process>& table);

  Browser* find(BrowserId id);
  bool has_ending() const;
  void report(const Report& report, std::vector<Fd> fds = {});
  void flush();

  Fd socket_;
  Fd child_signals_;
  BaseFolder base_;
  std::list<Browser> browsers_;
  std::deque<Outgoing> outgoing_;
  SteadyTime sample_at_;
  bool is_parent_gone_ = false;
};

}  // namespace gannet::browser_host
