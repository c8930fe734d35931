#include "browser_host/impl/host.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "browser_host/impl/message_socket.hpp"

namespace gannet::browser_host {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t k_browsers_max = 64;
constexpr std::size_t k_stderr_tail_bytes_max = 16 * 1024;
constexpr std::size_t k_launch_failure_bytes_max = 4096;
constexpr auto k_sample_period = 500ms;
constexpr auto k_report_period = 1s;
constexpr auto k_ending_period = 10ms;
/// A process in an uninterruptible wait of the kernel survives SIGKILL; its browser is given up after this.
constexpr auto k_ending_max = 10s;
/// One look at the processes can miss one that was forked or inherited meanwhile; two in a row do not.
constexpr int k_quiet_rounds_wanted = 2;

/// Appends what can be read now, at most a pipe's usual capacity (64 KiB), since the writer may be faster than we are; false once
/// the pipe has ended.
bool drain(int fd, std::string& into, std::size_t keep_last) {
  char buffer[4096];
  for (int reads = 0; reads < 16; ++reads) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    into.append(buffer, static_cast<std::size_t>(size));
    if (into.size() > keep_last) into.erase(0, into.size() - keep_last);
  }
  return true;
}

std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("signal {}", WTERMSIG(wait_status));
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

Fd watch_children() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &mask, nullptr);
  return Fd(::signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
}

int to_poll_ms(steady_clock::duration duration) {
  return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

}  // namespace

Host::Host(Fd socket, BaseFolder base) : socket_(std::move(socket)), child_signals_(watch_children()), base_(std::move(base)) {}

void Host::run() {
  while (!is_parent_gone_ || !browsers_.empty()) {
    wait_for_events();
    if (!is_parent_gone_) receive_commands();
    reap_children();
    for (auto& browser : browsers_) {
      read_status(browser);
      read_output(browser);
    }
    advance_endings();
    sample_if_due();
    flush();
  }
  if (auto removed = base_.remove(); !removed) LOG_WARNING("browser_host", "{}", removed.error().describe());
}

void Host::wait_for_events() {
  std::vector<pollfd> events;
  const auto socket_events = (is_parent_gone_ ? 0 : POLLIN) | (outgoing_.empty() ? 0 : POLLOUT);
  if (socket_events) events.push_back({socket_.get(), static_cast<short>(socket_events), 0});
  events.push_back({child_signals_.get(), POLLIN, 0});
  for (const auto& browser : browsers_) {
    if (browser.process.status) events.push_back({browser.process.status.get(), POLLIN, 0});
    if (browser.process.output) events.push_back({browser.process.output.get(), POLLIN, 0});
  }
  int timeout_ms = -1;
  if (has_ending())
    timeout_ms = to_poll_ms(k_ending_period);
  else if (!browsers_.empty())
    timeout_ms = to_poll_ms(sample_at_ - steady_clock::now());
  ::poll(events.data(), events.size(), timeout_ms);
}

void Host::receive_commands() {
  Packet packet;
  for (;;) {
    const auto received = receive_packet(socket_.get(), packet);
    if (received == SocketResult::would_block) return;
    auto command = received == SocketResult::done ? decode_command(packet.bytes) : fail(ErrorKind::unavailable, "closed");
    if (!command) {
      is_parent_gone_ = true;
      for (auto& browser : browsers_) begin_ending(browser);
      return;
    }
    if (const auto* wanted = std::get_if<SpawnCommand>(&*command))
      spawn(*wanted);
    else
      kill(std::get<KillCommand>(*command).id);
  }
}

void Host::spawn(const SpawnCommand& command) {
  const auto refuse = [&](const Error& error) { report(Failed{command.id, error.kind(), error.describe()}); };
  const auto& options = command.options;
  if (find(command.id)) return refuse(Error(ErrorKind::conflict, "this browser exists already"));
  if (browsers_.size() >= k_browsers_max)
    return refuse(Error(ErrorKind::exhausted, fmt::format("{} browsers are running, which is the most", k_browsers_max)));
  if (auto valid = check_spawn_options(options); !valid) return refuse(valid.error());
  const auto folder = base_.add_browser(command.id, options);
  if (!folder) return refuse(folder.error());
  auto launched = launch(options, *folder);
  if (!launched) {
    std::ignore = base_.remove_browser(command.id);
    return refuse(launched.error());
  }
  const auto now = steady_clock::now();
  if (browsers_.empty()) sample_at_ = now + k_sample_period;
  browsers_.push_back(Browser{.id = command.id,
                              .folder = *folder,
                              .process = std::move(*launched),
                              .memory = MemoryWatch({options.renderer_memory_max, options.browser_memory_max}),
                              .reported_at = now});
}

void Host::kill(BrowserId id) {
  if (auto* browser = find(id)) begin_ending(*browser);
}

void Host::reap_children() {
  signalfd_siginfo signal;
  while (::read(child_signals_.get(), &signal, sizeof signal) > 0) {
  }
  for (;;) {
    // Looked at before it is reaped: until then its id, and so that of its group, cannot mean another process.
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const auto browser =
        std::ranges::find_if(browsers_, [&](const Browser& b) { return b.process.pid == info.si_pid && !b.is_reaped; });
    if (browser != browsers_.end()) begin_ending(*browser);
    int status = 0;
    ::waitpid(info.si_pid, &status, 0);
    if (browser == browsers_.end()) continue;
    browser->is_reaped = true;
    browser->wait_status = status;
  }
}

void Host::read_status(Browser& browser) {
  if (!browser.process.status || drain(browser.process.status.get(), browser.launch_failure, k_launch_failure_bytes_max)) return;
  browser.process.status.reset();
  // The pipe also ends without a word when the child was killed before it could execute anything.
  if (!browser.launch_failure.empty() || browser.stage == Stage::ending) return;
  browser.stage = Stage::running;
  browser.has_started = true;
  std::vector<Fd> ends;
  ends.push_back(std::move(browser.process.to_browser));
  ends.push_back(std::move(browser.process.from_browser));
  report(Spawned{browser.id, browser.process.pid}, std::move(ends));
}

void Host::read_output(Browser& browser) {
  if (browser.process.output && !drain(browser.process.output.get(), browser.stderr_tail, k_stderr_tail_bytes_max))
    browser.process.output.reset();
}

void Host::begin_ending(Browser& browser) {
  if (browser.stage != Stage::ending) {
    // An exit may be seen before the end of the status pipe; a program that ran must be reported as one.
    if (browser.stage == Stage::launching && !is_parent_gone_) read_status(browser);
    browser.stage = Stage::ending;
    browser.give_up_at = steady_clock::now() + k_ending_max;
  }
  if (!browser.is_reaped) ::kill(-browser.process.pid, SIGKILL);
}

void Host::advance_endings() {
  if (!has_ending()) return;
  const auto table = read_descendants();
  std::vector<const Browser*> alive;  // The owners of what was killed in this round; null for orphans.
  for (const auto& process : table) {
    auto* owner = owner_of(process, table);
    // What no browser owns was orphaned by one that tried to hide it, and is nobody's loss.
    if (owner && owner->stage != Stage::ending) continue;
    ::kill(process.pid, SIGKILL);
    alive.push_back(owner);
  }
  for (auto it = browsers_.begin(); it != browsers_.end();) {
    auto& browser = *it++;
    if (browser.stage != Stage::ending) continue;
    const bool is_alone = std::ranges::none_of(alive, [&](const Browser* owner) { return !owner || owner == &browser; });
    const bool is_quiet = browser.is_reaped && is_alone;
    browser.quiet_rounds = is_quiet ? browser.quiet_rounds + 1 : 0;
    if (browser.quiet_rounds >= k_quiet_rounds_wanted || steady_clock::now() >= browser.give_up_at) finish(browser);
  }
}

void Host::finish(Browser& browser) {
  read_output(browser);
  if (auto removed = base_.remove_browser(browser.id); !removed) LOG_WARNING("browser_host", "{}", removed.error().describe());
  if (browser.has_started) {
    const std::string status = browser.is_reaped ? describe_status(browser.wait_status) : "unkillable";
    report(Exited{browser.id, status, std::move(browser.stderr_tail)});
  } else if (!browser.launch_failure.empty()) {
    const Error error = parse_launch_failure(browser.launch_failure);
    report(Failed{browser.id, error.kind(), error.message()});
  } else {
    report(Failed{browser.id, ErrorKind::cancelled, "killed before it had started"});
  }
  browsers_.remove_if([&](const Browser& other) { return &other == &browser; });
}

Host::Browser* Host::owner_of(const Process& process, const std::vector<Process>& table) {
  for (auto& browser : browsers_)
    if (process.top == browser.process.pid || process.group == browser.process.pid) return &browser;
  // Its ancestor was orphaned and inherited by the host: whose folder does that one name?
  const auto top = std::ranges::find(table, process.top, &Process::pid);
  const std::string text = read_environment(process.top) + read_command_line(process.top);
  for (auto& browser : browsers_)
    if ((top != table.end() && top->group == browser.process.pid) || text.find(browser.folder.root + "/") != std::string::npos)
      return &browser;
  return nullptr;
}

void Host::sample_if_due() {
  const auto now = steady_clock::now();
  if (browsers_.empty() || now < sample_at_) return;
  sample_at_ = now + k_sample_period;
  const auto table = read_descendants();
  for (auto& browser : browsers_)
    if (browser.stage == Stage::running) sample(browser, table);
}

void Host::sample(Browser& browser, const std::vector<Process>& table) {
  std::vector<ProcessMemory> processes;
  for (const auto& process : table) {
    if (owner_of(process, table) != &browser) continue;
    const bool is_renderer = read_command_line(process.pid).find("--type=renderer") != std::string::npos;
    processes.push_back({process.pid, is_renderer, process.resident});
  }
  // Resident sizes count shared pages once per process: cheap, and never too small. Only near a cap is the true share measured.
  if (is_over(browser.memory.caps(), add_up(processes)))
    for (auto& process : processes) process.bytes = measure_memory(process.pid).value_or(Bytes{});
  for (const auto& kill : browser.memory.judge(processes)) {
    const bool is_browser = kill.what == MemoryVictim::browser;
    report(Killed{browser.id, is_browser ? browser.process.pid : kill.pid, kill.what, kill.excess});
    if (is_browser)
      begin_ending(browser);
    else
      ::kill(kill.pid, SIGKILL);
  }
  const auto now = steady_clock::now();
  // A sample is worth less than an answer: none are queued behind a reader who is slow.
  if (now - browser.reported_at < k_report_period || !outgoing_.empty()) return;
  browser.reported_at = now;
  const auto use = add_up(processes);
  report(Sampled{browser.id, use.total, use.largest_renderer});
}

Host::Browser* Host::find(BrowserId id) {
  const auto found = std::ranges::find(browsers_, id, &Browser::id);
  return found == browsers_.end() ? nullptr : &*found;
}

bool Host::has_ending() const {
  return std::ranges::any_of(browsers_, [](const Browser& browser) { return browser.stage == Stage::ending; });
}

void Host::report(const Report& report, std::vector<Fd> fds) {
  outgoing_.push_back({encode(report), std::move(fds)});
  flush();
}

void Host::flush() {
  while (!outgoing_.empty()) {
    const auto sent = send_packet(socket_.get(), outgoing_.front().bytes, outgoing_.front().fds);
    if (sent == SocketResult::would_block) return;
    // A closed socket is noticed, with all its consequences, by receive_commands().
    outgoing_.pop_front();
  }
}

}  // namespace gannet::browser_host
