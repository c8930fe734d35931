// Why a visit could not go on, in words for people who know neither the browser's protocol nor ours. Pure.
#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"

namespace gannet::scan {

/// What the visit was about when it stopped.
enum class VisitStep {
  opening,    // Opening a tab.
  loading,    // Asking for the page.
  observing,  // Waiting for rest, reading jars.
  choosing,   // Finding the banner and making the choice.
  reloading,  // Asking for the page again after the choice.
};

struct VisitStop {
  VisitStep step = VisitStep::observing;
  /// Which host was asked for the page.
  std::string host;
  /// ScanParams::timeout.
  std::chrono::milliseconds timeout{};
  /// Why the tab or its browser is gone; empty while it is there.
  std::string end_reason;
  /// Whose time was used up ("the time for one visit, 70 s,"); empty where time was left.
  std::string used_up_budget;
};

/// "90 s", "5.5 s"
std::string in_seconds(std::chrono::milliseconds duration);

inline constexpr std::string_view k_interrupted = "the scan was interrupted";

/// A plain sentence without its final stop. The error's message is passed on where it is about the site; its context, which names
/// protocol methods, never is.
std::string words_for_stop(const VisitStop& stop, const Error& error);

/// Why there is no browser, from the error of its launch.
std::string words_for_launch(const Error& error);

/// Why a visit ended, and what it had not seen by then; one of them where the other says no more.
std::string join_reasons(const std::string& end, const std::string& loss);

}  // namespace gannet::scan
