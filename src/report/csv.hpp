// Tables for a spreadsheet or a script: one table of a scan as CSV (RFC 4180; UTF-8 without byte order mark, CRLF, one header
// line). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/inspection.hpp"
#include "record/scan.hpp"

namespace gannet::report {

/// One row for each cookie, entry, domain or request of each state, or for each finding.
enum class CsvTable { cookies, storage, third_parties, findings, requests };
/// "cookies", "storage", "third-parties", "findings", "requests"
std::string_view to_string(CsvTable table);
/// Reads what to_string writes.
std::optional<CsvTable> find_csv_table(std::string_view name);

/// Fields hold no line break or control character (see printable()). A text that a spreadsheet would take for a formula (= + - @,
/// tab or CR first) has an apostrophe before it, as OWASP's "CSV Injection" advises; numbers are left as they are. An unknown
/// value is an empty field.
std::string scan_csv(const record::ScanRecord& scan, const inspect::Inspection& inspection, CsvTable table);

}  // namespace gannet::report
