// What the commands that show scans have in common: where the result goes, how a scan is rendered, how a command ends on an
// error.
#pragma once

#include <filesystem>
#include <string>

#include "app/arguments.hpp"
#include "change/compare.hpp"
#include "inspect/inspection.hpp"
#include "record/scan.hpp"
#include "report/document.hpp"

namespace gannet::app {

/// Standard output or the file of --out, tried when it is opened: a result that cannot be written is known at once.
class Output {
 public:
  static Result<Output> open(const std::filesystem::path& path);
  /// A terminal that wants colours (see no-color.org).
  bool is_coloured() const;
  void add(const std::string& text) { text_ += text; }
  /// Writes all of it, a file in one piece.
  Result<void> finish();

 private:
  std::filesystem::path path_;
  /// A device or pipe: written to as it is.
  bool is_stream_ = false;
  unsigned mode_ = 0644;
  std::string text_;
};

struct RenderOptions {
  Format format = Format::text;
  /// Of the JSON.
  report::Pretty pretty = report::Pretty::yes;
  bool is_coloured = false;
  /// Null without a baseline.
  const change::Comparison* since_baseline = nullptr;
};

std::string render_scan(const record::ScanRecord& scan, const inspect::Inspection& inspection, RenderOptions options);

/// Says on standard error what is wrong, and returns the exit code that goes with it.
int complain(const Error& error);

}  // namespace gannet::app
