// What Gannet and its browser host say to each other, one message a packet. Pure: values to bytes and back. Both ends are the
// same program (one forked the other), so the encoding carries no version; it is still decoded with every bound checked.
//
//   spawn → spawned sampled* killed* exited | failed          kill → exited | failed
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "base/units.hpp"

namespace gannet::browser_host {

/// No packet is larger: the kernel's default socket buffer (212,992 bytes, net.core.wmem_default) has to hold one.
constexpr std::size_t k_message_bytes_max = 160 * 1024;

/// One browser of one host; never reused in a host's life.
enum class BrowserId : std::uint32_t {};

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

/// A file to write into the user-data folder before the start.
struct UserDataFile {
  std::string path;  // Relative, without "." and ".." ("Default/Preferences").
  std::string content;
};

struct SpawnOptions {
  /// A path, or a name to look up in PATH.
  std::string executable;
  /// Without argv[0]. Every "{user_data_dir}" becomes the path of the browser's own user-data folder.
  std::vector<std::string> args;
  /// Added to the minimal environment, or replacing one of its variables.
  std::vector<EnvironmentVariable> environment;
  std::vector<UserDataFile> files;
  /// PEM texts, one certificate each, that this browser trusts as authorities for servers. Needs certutil.
  std::vector<std::string> ca_certificates;
  /// Above it the renderer is killed. 0 = no cap.
  Bytes renderer_memory_max;
  /// Above it the largest renderer is killed, and half a second later, if that did not help, the browser. 0 = no cap.
  Bytes browser_memory_max;
};

// Commands, from Gannet to the host.
struct SpawnCommand {
  BrowserId id{};
  SpawnOptions options;
};
struct KillCommand {
  BrowserId id{};
};
using Command = std::variant<SpawnCommand, KillCommand>;

// Reports, from the host to Gannet.

/// The host's first word: it runs as `user` and keeps its folders in `base_folder`.
struct Ready {
  std::string user;
  std::string base_folder;
};
/// The host's first and last word.
struct StartFailed {
  ErrorKind kind{};
  std::string reason;
};
/// The program was executed. Two descriptors come with it: the write end of the browser's fd 3 and the read end of its fd 4.
struct Spawned {
  BrowserId id{};
  pid_t pid = 0;
};
/// The program never ran; nothing of it is left.
struct Failed {
  BrowserId id{};
  ErrorKind kind{};
  std::string reason;
};
/// The browser ended; no process of it and no folder is left.
struct Exited {
  BrowserId id{};
  std::string status;       // "exit code 1", "signal 11".
  std::string stderr_tail;  // Untrusted bytes, the last 16 KiB.
};
struct Sampled {
  BrowserId id{};
  Bytes total;
  Bytes largest_renderer;
};
enum class MemoryVictim : std::uint8_t { renderer, browser };
/// Which cap was exceeded: `used` is what the renderer alone or the whole browser held.
struct MemoryExcess {
  MemoryVictim whose{};
  Bytes used;
  Bytes limit;
};
/// A process was killed for memory. A renderer may die for its whole browser: then `excess.whose` is the browser.
struct Killed {
  BrowserId id{};
  pid_t pid = 0;
  MemoryVictim what{};
  MemoryExcess excess;
};
using Report = std::variant<Ready, StartFailed, Spawned, Failed, Exited, Sampled, Killed>;

std::string_view to_string(MemoryVictim victim);

std::string encode(const Command& command);
std::string encode(const Report& report);
/// Error `protocol` for anything that encode() does not write.
Result<Command> decode_command(std::string_view bytes);
Result<Report> decode_report(std::string_view bytes);

}  // namespace gannet::browser_host
