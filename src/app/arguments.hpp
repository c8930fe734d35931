// The command line: what the user asked for, checked. CLI11 lives in arguments.cpp only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "browser/browser.hpp"
#include "net/address.hpp"
#include "net/forward_proxy.hpp"
#include "net/resolver.hpp"
#include "report/exit_code.hpp"
#include "scan/params.hpp"

namespace gannet::app {

enum class Format { text, json, html };

/// What all commands share.
struct CommonArguments {
  std::filesystem::path data_dir;
  std::filesystem::path data_sets;
  browser::BrowserOptions browser;
  bool is_verbose = false;
};

struct ScanArguments {
  CommonArguments common;
  std::vector<std::string> urls;
  scan::ScanParams params;
  Format format = Format::text;
  /// Empty: standard output.
  std::filesystem::path out;
  std::vector<net::ResolveOverride> resolve;
  std::vector<net::Network> allow_nets;
  std::optional<net::Authority> proxy;
  std::filesystem::path rules;
  report::FailOn fail_on;
  /// A SCAN, as for SnapshotLoader; empty: none.
  std::string baseline;
  /// The baseline may be of another host.
  bool allows_other_host = false;
  /// Into the data folder.
  bool is_kept = true;
};

struct ScansArguments {
  CommonArguments common;
  /// Empty: all.
  std::string host;
  int limit = 0;
  Format format = Format::text;
};

struct ShowArguments {
  CommonArguments common;
  /// Id, or the start of one.
  std::string scan;
  Format format = Format::text;
  /// Empty: standard output.
  std::filesystem::path out;
  std::filesystem::path rules;
};

struct DeleteArguments {
  CommonArguments common;
  /// Ids, or the starts of them.
  std::vector<std::string> scans;
};

struct DiffArguments {
  CommonArguments common;
  /// SCANs, as for SnapshotLoader. `older` empty: the one kept before `newer`.
  std::string older;
  std::string newer;
  Format format = Format::text;
  /// Empty: standard output.
  std::filesystem::path out;
  std::filesystem::path rules;
  /// Whether a difference shows in the exit code.
  bool has_exit_code = false;
  bool allows_other_host = false;
};

struct DataArguments {
  CommonArguments common;
  Format format = Format::text;
};

/// Nothing to do but print this and leave with this code: help, version, or a usage error (code 2, to standard error).
struct Printed {
  std::string text;
  int exit_code = 0;
};

using Arguments =
    std::variant<ScanArguments, ScansArguments, ShowArguments, DiffArguments, DeleteArguments, DataArguments, Printed>;

/// Reads the command line and the environment (GANNET_DATA_DIR, GANNET_DATA_SETS, GANNET_BROWSER).
Arguments parse_arguments(int argc, char** argv);

}  // namespace gannet::app
