// HtmlReport: one HTML report being written. A section is a member function that adds elements to `out_`; html.cpp has what is
// said in words, html_tables.cpp the tables.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/html.hpp"
#include "report/impl/rows.hpp"
#include "report/verdict.hpp"

namespace gannet::report {

class HtmlReport {
 public:
  HtmlReport(const record::ScanRecord& scan, const inspect::Inspection& inspection, const record::ScreenshotSet& pictures,
             const change::Comparison* since_baseline);

  std::string write() &&;

 private:
  /// A table cell; its texts are not escaped yet.
  struct Cell {
    std::string text;
    std::string_view css_class;
    /// A second, smaller line; may be empty.
    std::string note = {};
    /// Shown folded below the text; may be null.
    const record::CallStack* stack = nullptr;
  };
  using Row = std::vector<Cell>;
  struct TableTitles {
    std::vector<std::string> before_states;
    std::vector<std::string> after_states;
  };

  // In html.cpp.
  void add_head();
  void add_verdict();
  void add_states();
  void add_state(record::ConsentState state);
  void add_picture(const record::Screenshot& picture, std::string_view caption);
  void add_gaps(bool is_blocking);
  void add_since_baseline();
  void add_findings();
  void add_finding_group(const FindingGroup& group);
  enum class Advice { told, follows };
  void add_finding(const record::Finding& finding, Advice advice);
  void add_finding_run(std::span<const record::Finding* const> findings);
  void add_evidence(const record::Evidence& evidence);
  void add_stack(const record::CallStack& stack);
  void add_consent();
  void add_pictures();
  void add_how();

  // In impl/html_tables.cpp.
  void add_cookies();
  void add_owners();
  void add_storage();
  void add_blocked();
  void add_signals();
  void add_facts();
  void add_pages();
  /// With a column for each state. The first rows in the open, the rest folded under one line that counts it.
  void table(const TableTitles& titles, const std::vector<Row>& rows, std::string_view what);
  void plain_table(std::span<const std::string> titles, std::span<const Row> rows);
  void legend();
  template <class T, class Words>
  void add_state_cells(Row& cells, const PerState<T>& states, Words words) const;
  /// Where it was accepted nothing is marked: what is there may be there.
  void add_sightings(Row& cells, const PerState<Sighting>& seen, std::string_view css_class) const;

  /// <name class>text</name>, the text escaped.
  void element(std::string_view name, std::string_view css_class, std::string_view text);
  void section(std::string_view title) { element("h2", "", title); }

  const record::ScanRecord& scan_;
  const inspect::Inspection& inspection_;
  const record::ScreenshotSet& pictures_;
  const change::Comparison* since_baseline_;
  const Verdict verdict_;
  std::vector<std::size_t> state_indices_;
  std::string out_;
};

/// "bad", "open" (wants a look) or "calm".
std::string_view css_class_of(inspect::Category category);

}  // namespace gannet::report
