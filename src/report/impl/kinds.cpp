#include "report/impl/kinds.hpp"

#include <algorithm>
#include <array>

#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

constexpr FindingKind after_reject(std::string_view kind, std::string_view meaning) {
  return {.kind = kind, .meaning = meaning, .is_in_untouched = false, .is_in_accepted = false};
}

constexpr auto k_kinds = std::to_array<FindingKind>({
    {"cookie-before-consent", "A cookie that needs consent was kept before any choice."},
    {"storage-before-consent", "Storage that needs consent was written before any choice."},
    {"tracker-before-consent", "An analytics or advertising service was contacted before any choice."},
    after_reject("cookie-after-reject", "A cookie that needs consent was written or still there after reject."),
    after_reject("storage-after-reject", "Storage that needs consent was written or still there after reject."),
    after_reject("tracker-after-reject", "An analytics or advertising service was contacted after reject."),
    after_reject("reject-missing", "A banner was found, but no way to refuse."),
    after_reject("reject-buried", "Refusing needs two clicks or more."),
    {.kind = "consent-unproved",
     .meaning = "The banner was clicked, but nothing shows that the choice took effect.",
     .is_in_untouched = false},
    {"cookie-insecure", "A cookie lacks a flag that protects it."},
    {"cookie-lifetime", "A cookie that needs consent declares to live longer than the limit."},
    {"unclassified-cookie", "Cookies that nobody could sort."},
});

}  // namespace

bool FindingKind::applies_to(record::ConsentState state) const {
  switch (state) {
    case record::ConsentState::untouched: return is_in_untouched;
    case record::ConsentState::rejected: return is_in_rejected;
    case record::ConsentState::accepted: return is_in_accepted;
  }
  return false;
}

std::span<const FindingKind> finding_kinds() { return k_kinds; }

std::string kind_words(std::string_view kind) {
  std::string words = safe(kind, 100);
  std::ranges::replace(words, '-', ' ');
  return words;
}

}  // namespace gannet::report
