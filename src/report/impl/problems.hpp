// Which findings count as problems, and all of them in one phrase. Pure.
#pragma once

#include <string>

#include "inspect/inspection.hpp"

namespace gannet::report {

/// Of low severity or more and not `unsure`.
bool is_problem(const record::Finding& finding);

/// "5 problems: 2 cookies and 1 tracker before consent, no way to reject and 1 other"; empty where there is none.
std::string problem_words(const inspect::Inspection& inspection);

/// What is a problem unless the purpose is not what it looks like, or the refusal did not count: the `unsure` findings, worded in
/// the same way, without their number.
std::string suspicion_words(const inspect::Inspection& inspection);

/// What a person should look at although nothing is proved: "1 cookie of unknown purpose"; empty where there is nothing.
std::string review_words(const inspect::Inspection& inspection);

}  // namespace gannet::report
