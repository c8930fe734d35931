// The kinds of findings as docs/findings.md lists them: what each means, and in which consent states it can be found. For formats
// that name rules also where nothing broke them. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "inspect/inspection.hpp"

namespace gannet::report {

struct FindingKind {
  std::string_view kind;
  /// One sentence.
  std::string_view meaning;
  bool is_in_untouched = true;
  bool is_in_rejected = true;
  bool is_in_accepted = true;

  bool applies_to(record::ConsentState state) const;
};

/// In the order of docs/findings.md, which a test holds against it.
std::span<const FindingKind> finding_kinds();

/// "cookie-before-consent" → "cookie before consent".
std::string kind_words(std::string_view kind);

}  // namespace gannet::report
