#include "app/progress.hpp"

#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.hpp"

namespace gannet::app {

namespace {

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

int terminal_width(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

ProgressDisplay::ProgressDisplay() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}
ProgressDisplay::~ProgressDisplay() { clear(); }

void ProgressDisplay::clear() {
  if (std::exchange(has_line_, false)) put("\r\x1b[K");
}

void ProgressDisplay::say(const std::string& what) {
  clear();
  put(is_terminal_ ? what : what + "\n");
  has_line_ = is_terminal_;
}

void ProgressDisplay::show(const scan::Progress& progress) {
  const auto what = fmt::format("{} {} {}", record::to_string(progress.state), printable(progress.url, 200),
                                record::to_string(progress.status));
  if (!is_terminal_) return say(fmt::format("{}/{} {}", progress.visits_done, progress.visits_total, what));
  constexpr std::size_t k_cells = 24;
  const auto filled = progress.visits_total ? progress.visits_done * k_cells / progress.visits_total : 0;
  std::string bar;
  for (std::size_t i = 0; i < k_cells; ++i) bar += i < filled ? "█" : "░";
  const auto room = std::size_t(std::max(20, terminal_width(STDERR_FILENO) - int(k_cells) - 14));
  say(fmt::format("{} {}/{} {}", bar, progress.visits_done, progress.visits_total, utf8_prefix(what, room)));
}

}  // namespace gannet::app
