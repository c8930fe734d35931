#include "browser_host/impl/launch.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::browser_host {
namespace {

constexpr std::string_view k_user_data_placeholder = "{user_data_dir}";
/// The kernel's out-of-memory killer prefers browsers (0 = as others, 1000 = always first).
constexpr std::string_view k_oom_score_adj = "300";
constexpr std::size_t k_step_output_bytes_max = 2000;

struct Pipe {
  Fd read_end;
  Fd write_end;
};

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

ErrorKind kind_of_exec_error(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return ErrorKind::not_found;
    case EACCES:
    case EPERM: return ErrorKind::denied;
    case ENOEXEC:
    case E2BIG: return ErrorKind::invalid;
    default: return ErrorKind::unavailable;
  }
}

/// Looks a bare name up in PATH. Not execvp(3): that calls a missing program denied when any folder of PATH, such as one of
/// root's, may not be entered.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (const auto folder : split(path ? path : "", ':')) {
    std::string candidate = fmt::format("{}/{}", folder, name);
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

/// A child dies with the host even when that is killed; a host that died before this line is noticed by the changed parent.
void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

struct StepEnd {
  int status = 0;  // Of waitpid(2).
  std::string output;
};

/// Runs a program to its end with its output captured.
std::optional<StepEnd> run_step(std::vector<std::string> command) {
  auto pipe = make_pipe();
  if (!pipe) return std::nullopt;
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    die_with(self);
    ::dup2(pipe->write_end.get(), STDOUT_FILENO);
    ::dup2(pipe->write_end.get(), STDERR_FILENO);
    ::execv(command.front().c_str(), pointers_to(command).data());
    ::_exit(126);
  }
  pipe->write_end.reset();
  StepEnd end;
  char buffer[1024];
  for (;;) {
    const ssize_t size = ::read(pipe->read_end.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    end.output.append(buffer, std::min(static_cast<std::size_t>(size), k_step_output_bytes_max - end.output.size()));
  }
  while (::waitpid(child, &end.status, 0) < 0 && errno == EINTR) {
  }
  return end;
}

Result<void> run_certutil(std::vector<std::string> arguments, std::string_view purpose) {
  arguments.insert(arguments.begin(), find_program("certutil"));
  if (arguments.front().empty())
    return fail(ErrorKind::not_found, "cannot {}: certutil is not installed (Debian package libnss3-tools)", purpose);
  const auto end = run_step(std::move(arguments));
  if (!end) return fail_errno(ErrorKind::exhausted, errno, "cannot {}", purpose);
  if (WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0) return {};
  return fail(ErrorKind::invalid, "cannot {}: {}", purpose, printable(trim(end->output), k_step_output_bytes_max));
}

/// Chromium on Linux trusts the authorities of the NSS database in $HOME/.pki/nssdb.
Result<void> import_certificates(std::size_t count, const BrowserFolder& folder) {
  if (count == 0) return {};
  const std::string pki = folder.home() + "/.pki";
  const std::string nssdb = pki + "/nssdb";
  if (::mkdir(pki.c_str(), 0700) != 0 || ::mkdir(nssdb.c_str(), 0700) != 0)
    return fail_errno(ErrorKind::unavailable, errno, "cannot make {}", nssdb);
  const std::string database = "sql:" + nssdb;
  if (auto made = run_certutil({"-N", "-d", database, "--empty-password"}, "make a certificate database"); !made) return made;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string purpose = fmt::format("import CA certificate {} of {}", i + 1, count);
    const std::string nickname = fmt::format("gannet-ca-{}", i + 1);
    auto imported =
        run_certutil({"-A", "-d", database, "-n", nickname, "-t", "C,,", "-a", "-i", folder.ca_certificate(i)}, purpose);
    if (!imported) return imported;
  }
  return {};
}

void set_process_limits() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // A host that changed its user is not dumpable, and the files in /proc of such a process belong to root.
  ::prctl(PR_SET_DUMPABLE, 1);
  const Fd oom(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (oom) write_all(oom.get(), k_oom_score_adj);
}

/// Ignored signals and the mask would survive the exec; the host ignores some and blocks SIGCHLD.
void reset_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

struct ChildEnds {
  Fd reads;
  Fd writes;
  Fd output;
  Fd status;
};

/// Puts the pipes on descriptors 3 and 4, and leaves nothing else open across the exec. The sources are first copied above the
/// range, since one may lie on another's target. Returns the status pipe's new number.
int place_descriptors(const ChildEnds& ends) {
  constexpr int k_above = 10;
  const int reads = ::fcntl(ends.reads.get(), F_DUPFD_CLOEXEC, k_above);
  const int writes = ::fcntl(ends.writes.get(), F_DUPFD_CLOEXEC, k_above);
  const int status = ::fcntl(ends.status.get(), F_DUPFD_CLOEXEC, k_above);
  ::dup2(ends.output.get(), STDERR_FILENO);
  ::dup2(reads, 3);
  ::dup2(writes, 4);
  ::close_range(5, ~0U, CLOSE_RANGE_CLOEXEC);
  return status;
}

[[noreturn]] void report_failure(int status_fd, const Error& error) {
  std::string text(1, static_cast<char>(error.kind()));
  text += error.describe();
  write_all(status_fd, text);
  ::_exit(127);
}

[[noreturn]] void become_browser(pid_t host, const SpawnOptions& options, const BrowserFolder& folder, ChildEnds ends) {
  ::setpgid(0, 0);
  die_with(host);
  reset_signals();
  set_process_limits();
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(null.get(), STDOUT_FILENO);
  if (::chdir(folder.home().c_str()) != 0)
    report_failure(ends.status.get(), Error(ErrorKind::unavailable, "cannot enter " + folder.home()));

  auto environment = make_environment(options, folder);
  auto environment_pointers = pointers_to(environment);
  ::environ = environment_pointers.data();
  if (auto imported = import_certificates(options.ca_certificates.size(), folder); !imported)
    report_failure(ends.status.get(), imported.error());

  std::vector<std::string> command{options.executable};
  for (std::string argument : options.args) {
    for (std::size_t at = 0; (at = argument.find(k_user_data_placeholder, at)) != std::string::npos;
         at += folder.user_data().size())
      argument.replace(at, k_user_data_placeholder.size(), folder.user_data());
    command.push_back(std::move(argument));
  }
  const std::string program = find_program(options.executable);
  if (program.empty())
    report_failure(ends.status.get(), Error(ErrorKind::not_found, printable(options.executable) + " is not in PATH"));
  const int status = place_descriptors(ends);
  ::execv(program.c_str(), pointers_to(command).data());
  const std::error_code code(errno, std::generic_category());
  report_failure(status, Error(kind_of_exec_error(code.value()), "cannot run " + printable(options.executable), code));
}

}  // namespace

std::vector<std::string> make_environment(const SpawnOptions& options, const BrowserFolder& folder) {
  std::vector<EnvironmentVariable> variables{
      {"LANG", "C.UTF-8"},
      {"HOME", folder.home()},
      {"XDG_CONFIG_HOME", folder.home() + "/.config"},
      {"XDG_CACHE_HOME", folder.home() + "/.cache"},
      {"XDG_DATA_HOME", folder.home() + "/.local/share"},
      {"XDG_STATE_HOME", folder.home() + "/.local/state"},
      {"XDG_RUNTIME_DIR", folder.runtime()},
      {"TMPDIR", folder.temporary()},
  };
  const char* path = std::getenv("PATH");
  variables.push_back({"PATH", path ? path : "/usr/local/bin:/usr/bin:/bin"});
  for (const char* name : {"TZ", "FONTCONFIG_FILE", "FONTCONFIG_PATH"})
    if (const char* value = std::getenv(name)) variables.push_back({name, value});
  for (const auto& wanted : options.environment) {
    std::erase_if(variables, [&](const auto& variable) { return variable.name == wanted.name; });
    variables.push_back(wanted);
  }
  std::vector<std::string> lines;
  for (const auto& variable : variables) lines.push_back(variable.name + "=" + variable.value);
  return lines;
}

Result<void> check_spawn_options(const SpawnOptions& options) {
  const auto has_nul = [](std::string_view text) { return text.find('\0') != std::string_view::npos; };
  if (options.executable.empty() || has_nul(options.executable)) return fail(ErrorKind::invalid, "executable is not a path");
  if (std::ranges::any_of(options.args, has_nul))
    return fail(ErrorKind::invalid, "an argument of the browser contains a NUL byte");
  for (const auto& variable : options.environment)
    if (variable.name.empty() || variable.name.find('=') != std::string::npos || has_nul(variable.name) ||
        has_nul(variable.value))
      return fail(ErrorKind::invalid, "'{}' is not an environment variable", printable(variable.name, 100));
  return {};
}

Result<Launched> launch(const SpawnOptions& options, const BrowserFolder& folder) {
  auto commands = make_pipe();
  auto replies = make_pipe();
  auto output = make_pipe();
  auto status = make_pipe();
  if (!commands || !replies || !output || !status)
    return fail_errno(ErrorKind::exhausted, errno, "cannot make pipes for a browser");
  set_nonblocking(output->read_end.get());
  set_nonblocking(status->read_end.get());
  const pid_t host = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(ErrorKind::exhausted, errno, "cannot make a process for a browser");
  if (pid == 0) {
    become_browser(host, options, folder,
                   ChildEnds{std::move(commands->read_end), std::move(replies->write_end), std::move(output->write_end),
                             std::move(status->write_end)});
  }
  // Both sides set the group, so that it exists for whoever comes first.
  ::setpgid(pid, pid);
  return Launched{pid, std::move(commands->write_end), std::move(replies->read_end), std::move(output->read_end),
                  std::move(status->read_end)};
}

Error parse_launch_failure(std::string_view status) {
  ASSERT_INVARIANT(!status.empty(), "only a failed launch is parsed");
  const auto kind =
      std::min(static_cast<int>(static_cast<unsigned char>(status.front())), std::to_underlying(ErrorKind::internal));
  return Error(static_cast<ErrorKind>(kind), std::string(status.substr(1)));
}

}  // namespace gannet::browser_host
