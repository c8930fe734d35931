// ScanParams: what a person or a schedule may choose about a scan, with the ranges and defaults of the guides.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "record/cookie.hpp"

namespace gannet::scan {

/// When a phase counts as over.
enum class WaitStrategy {
  quiet,    // 500 ms without activity, at most wait_for_dynamic_content ("networkidle", "combined").
  timeout,  // Always the whole of wait_for_dynamic_content.
  load,     // At the load event ("load", "domcontentloaded").
};

/// Of which pages pictures are kept: at the end of S0 and of the last phase.
enum class Screenshots { off, start, all };

struct ScanParams {
  /// Relative to the start URL or absolute; at most 50 after duplicates are removed.
  std::vector<std::string> custom_pages;
  std::vector<record::ConsentState> consent_states = {record::ConsentState::untouched, record::ConsentState::rejected,
                                                      record::ConsentState::accepted};
  std::string accept_selector;
  std::string reject_selector;
  /// Navigation of one page; 5 to 120 s.
  std::chrono::milliseconds timeout{30'000};
  /// Ceiling of each settling; 0 to 60 s.
  std::chrono::milliseconds wait_for_dynamic_content{5'000};
  WaitStrategy wait_strategy = WaitStrategy::quiet;
  /// Further tries of a page that could not be loaded; 0 to 5.
  int max_retries = 2;
  /// Consent states visited at the same time; 1 to 20.
  int concurrency = 3;
  /// start: of the start page, in each state.
  Screenshots screenshots = Screenshots::start;
};

inline constexpr std::size_t k_custom_pages_max = 50;

/// The most that one try of one page takes, with or without a choice in a consent banner and the load after it;
/// docs/scan-parameters.md says how it adds up.
std::chrono::milliseconds visit_budget(const ScanParams& params, bool makes_choice);

/// The states of a scan that have not begun, the asking one among them, and how many run at once.
struct StatesToCome {
  std::size_t count = 1;
  std::size_t concurrency = 1;
};
/// A state's share of what is left of its scan's time, when it begins: all states get the same, and what one does not need is
/// shared among those after it.
std::chrono::milliseconds state_budget(std::chrono::milliseconds left, StatesToCome states);

/// Finding the banner, making the choice and waiting for its proof.
inline constexpr std::chrono::seconds k_consent_budget{60};

/// Reads a JSON object with the names above (timeout in ms, wait_for_dynamic_content in s). Unknown names, wrong types and values
/// out of range are `invalid`, naming the field, what it is and what would be right.
Result<ScanParams> parse_scan_params(std::string_view json_text);

/// "untouched,rejected,accepted" in any order, each once. Errors: `invalid`.
Result<std::vector<record::ConsentState>> parse_consent_states(std::string_view text);

/// The pages to visit: the start page first, then the custom pages resolved against it, duplicates (after normalisation) removed.
/// Errors: `invalid`, naming the page.
Result<std::vector<std::string>> pages_to_visit(const std::string& start_url, const std::vector<std::string>& custom_pages);

}  // namespace gannet::scan
