#include "browser_host/host_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/log.hpp"
#include "browser_host/impl/host.hpp"
#include "browser_host/impl/message_socket.hpp"

namespace gannet::browser_host {
namespace {

constexpr int k_ready_timeout_ms = 30'000;  // The sweep of another host's folders may take a while.

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user ? user->pw_name : std::to_string(::geteuid());
}

/// Gives up root for good when the user exists.
Result<void> become(const std::string& name) {
  if (::geteuid() != 0 || name.empty()) return {};
  const passwd* user = ::getpwnam(name.c_str());
  if (!user) return {};
  if (::initgroups(user->pw_name, user->pw_gid) != 0 || ::setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
      ::setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
    return fail_errno(ErrorKind::denied, errno, "the browser host cannot become {}", name);
  if (user->pw_uid != 0 && ::setuid(0) == 0) return fail(ErrorKind::internal, "the browser host is still root");
  return {};
}

/// Leaves the terminal, its signals and everything inherited but standard output, standard error and the socket.
Fd detach(Fd socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, "gannet-host");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The parent decides when the host ends, by closing the socket.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  constexpr int k_socket = 3;
  if (const int inherited = socket.release(); inherited != k_socket) ::dup3(inherited, k_socket, O_CLOEXEC);
  ::close_range(k_socket + 1, ~0U, 0);
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::umask(077);
  std::ignore = ::chdir("/");
  return Fd(k_socket);
}

Result<BaseFolder> make_base_folder(const std::string& wanted) {
  if (!wanted.empty()) {
    sweep_stale_folders(wanted);
    return BaseFolder::make(wanted);
  }
  if (const char* folder = std::getenv("TMPDIR"); folder && *folder == '/') {
    sweep_stale_folders(folder);
    if (auto base = BaseFolder::make(folder)) return base;
  }
  sweep_stale_folders("/tmp");
  return BaseFolder::make("/tmp");
}

[[noreturn]] void run_host(Fd inherited, const HostOptions& options) {
  Fd socket = detach(std::move(inherited));
  const auto say = [&](const Report& report) { return send_packet(socket.get(), encode(report), {}) == SocketResult::done; };
  auto became = become(options.user);
  auto base = became ? make_base_folder(options.temporary_folder) : pass(became);
  if (!base) {
    say(StartFailed{base.error().kind(), base.error().describe()});
    ::_exit(1);
  }
  if (!say(Ready{user_name(), base->path()})) {
    std::ignore = base->remove();
    ::_exit(0);
  }
  Host(std::move(socket), std::move(*base)).run();
  ::_exit(0);
}

Result<Ready> wait_until_ready(int socket) {
  pollfd event{socket, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&event, 1, k_ready_timeout_ms);
  } while (ready < 0 && errno == EINTR);
  Packet packet;
  if (ready <= 0 || receive_packet(socket, packet) != SocketResult::done)
    return fail(ErrorKind::unavailable, "the browser host does not answer");
  auto report = TRY(decode_report(packet.bytes));
  if (auto* failed = std::get_if<StartFailed>(&report)) return std::unexpected(Error(failed->kind, std::move(failed->reason)));
  if (auto* said = std::get_if<Ready>(&report)) return std::move(*said);
  return fail(ErrorKind::protocol, "the browser host answers something else than that it is ready");
}

}  // namespace

Result<HostProcess> HostProcess::start_before_threads(const HostOptions& options) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno(ErrorKind::exhausted, errno, "cannot make a socket for the browser host");
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(ErrorKind::exhausted, errno, "cannot make the browser host process");
  if (pid == 0) {
    ours.reset();
    run_host(std::move(theirs), options);
  }
  theirs.reset();
  auto ready = wait_until_ready(ours.get());
  if (!ready) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return pass(ready, "start the browser host");
  }
  return HostProcess{pid, std::move(ours), std::move(ready->user), std::move(ready->base_folder)};
}

}  // namespace gannet::browser_host
