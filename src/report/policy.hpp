// The cookie policy: tables for a site's policy page, made from what a scan saw. Nothing is guessed: what no source is sure of
// stands in a table of its own, to be reviewed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

enum class PolicyFormat {
  markdown,  // GitHub's, with tables.
  html,      // A fragment to be put into a page: no script, no link, no style.
};

/// Says from which scan and when, and first of all what the scan did not see. What came from the site is made printable and
/// escaped: no name becomes markup or a link.
std::string cookie_policy(const record::ScanRecord& scan, const inspect::Inspection& inspection, PolicyFormat format);

/// Text that stays itself in a Markdown table cell, heading or paragraph.
std::string escape_markdown(std::string_view text);

/// "Until the browser is closed", "30 minutes", "13 months", "2 years".
std::string policy_lifetime(std::optional<std::int64_t> lifetime_seconds);

}  // namespace gannet::report
