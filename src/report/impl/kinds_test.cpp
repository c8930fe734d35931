#include "report/impl/kinds.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace gannet::report {
namespace {

/// The first column of the table in docs/findings.md.
std::vector<std::string> documented_kinds() {
  const Result<std::string> page = read_file(GANNET_SOURCE_DIR "/docs/findings.md");
  std::vector<std::string> kinds;
  if (!page) return kinds;
  for (const std::string_view line : split(*page, '\n')) {
    if (!line.starts_with("| `")) continue;
    const std::string_view rest = line.substr(3);
    kinds.emplace_back(rest.substr(0, rest.find('`')));
  }
  return kinds;
}

TEST(FindingKinds, are_those_that_the_documentation_lists) {
  std::vector<std::string> kinds;
  for (const FindingKind& kind : finding_kinds()) kinds.emplace_back(kind.kind);
  EXPECT_EQ(kinds, documented_kinds());
}

TEST(FindingKinds, look_for_broken_refusals_only_where_something_was_refused) {
  for (const FindingKind& kind : finding_kinds()) {
    if (!kind.kind.ends_with("-after-reject")) continue;
    EXPECT_FALSE(kind.applies_to(record::ConsentState::untouched)) << kind.kind;
    EXPECT_TRUE(kind.applies_to(record::ConsentState::rejected)) << kind.kind;
  }
}

}  // namespace
}  // namespace gannet::report
