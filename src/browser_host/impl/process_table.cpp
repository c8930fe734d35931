#include "browser_host/impl/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "browser_host/fd.hpp"

namespace gannet::browser_host {
namespace {

constexpr std::size_t k_proc_file_bytes_max = 256 * 1024;

std::string read_proc_file(pid_t pid, std::string_view name) {
  const Fd fd(::open(fmt::format("/proc/{}/{}", pid, name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  if (!fd) return content;
  char buffer[4096];
  while (content.size() < k_proc_file_bytes_max) {
    const ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    content.append(buffer, static_cast<std::size_t>(size));
  }
  return content;
}

Bytes page_size() {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return Bytes{size};
}

std::optional<Process> read_process(pid_t pid) {
  const std::string stat = read_proc_file(pid, "stat");
  // The name in parentheses is the program's to choose and may hold anything; the fields start after the last ')'.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  char state = 0;
  int parent = 0;
  int group = 0;
  unsigned long long pages = 0;
  constexpr const char* k_format = " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %llu";
  if (std::sscanf(stat.c_str() + name_end + 1, k_format, &state, &parent, &group, &pages) != 4) return std::nullopt;
  if (state == 'Z' || state == 'X') return std::nullopt;
  return Process{.pid = pid, .parent = parent, .group = group, .top = 0, .resident = Bytes{pages * page_size().count}};
}

}  // namespace

std::vector<Process> read_descendants() {
  std::unordered_map<pid_t, Process> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  if (!proc) return {};
  while (const dirent* entry = ::readdir(proc.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) continue;
    if (const auto process = read_process(pid)) all.emplace(pid, *process);
  }
  const pid_t self = ::getpid();
  std::vector<Process> descendants;
  for (const auto& [pid, process] : all) {
    // A torn snapshot could hold a cycle of reused ids; no chain is longer than the table.
    const Process* ancestor = &process;
    for (std::size_t steps = 0; ancestor->parent != self && steps <= all.size(); ++steps) {
      const auto parent = all.find(ancestor->parent);
      if (parent == all.end()) break;
      ancestor = &parent->second;
    }
    if (ancestor->parent != self) continue;
    descendants.push_back(process);
    descendants.back().top = ancestor->pid;
  }
  return descendants;
}

std::string read_command_line(pid_t pid) { return read_proc_file(pid, "cmdline"); }
std::string read_environment(pid_t pid) { return read_proc_file(pid, "environ"); }

std::optional<Bytes> measure_memory(pid_t pid) {
  const std::string rollup = read_proc_file(pid, "smaps_rollup");
  unsigned long long kibibytes = 0;
  if (const auto at = rollup.find("\nPss:"); at != std::string::npos) {
    if (std::sscanf(rollup.c_str() + at, "\nPss: %llu", &kibibytes) == 1) return Bytes{kibibytes * 1024};
  }
  unsigned long long resident = 0;
  unsigned long long shared = 0;
  if (std::sscanf(read_proc_file(pid, "statm").c_str(), "%*u %llu %llu", &resident, &shared) != 2) return std::nullopt;
  return Bytes{(resident - std::min(resident, shared)) * page_size().count};
}

}  // namespace gannet::browser_host
