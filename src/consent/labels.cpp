#include "consent/labels.hpp"

#include <array>
#include <bitset>
#include <set>
#include <unordered_map>
#include <vector>

#include <boost/json/parse.hpp>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "embedded/consent_labels.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::size_t k_label_bytes_max = 400;
constexpr std::size_t k_label_words_max = 14;
constexpr std::size_t k_short_words_max = 4;
constexpr std::size_t k_subject_bytes_max = 4096;

/// Base letters of U+00C0…U+017F (Unicode canonical decomposition). Capitals stand for two letters, '.' for a separator.
constexpr std::string_view k_latin =
    "aaaaaaAceeeeiiiidnooooo.ouuuuyTSaaaaaaAceeeeiiiidnooooo.ouuuuyTy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiIIjjkkklllllll"
    "lllnnnnnnnnnooooooOOrrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(k_latin.size() == 0x180 - 0xC0);

/// The next code point of `text`, which shrinks; U+FFFD for a malformed byte.
char32_t next_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || length > text.size()) {
    text.remove_prefix(1);
    return 0xFFFD;
  }
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) {
      text.remove_prefix(1);
      return 0xFFFD;
    }
    point = (point << 6U) | (next & 0x3FU);
  }
  text.remove_prefix(length);
  return point;
}

void append_two_bytes(std::string& out, char32_t point) {
  out += static_cast<char>(0xC0U | (point >> 6U));
  out += static_cast<char>(0x80U | (point & 0x3FU));
}

void append_latin(std::string& out, char base) {
  switch (base) {
    case 'A': out += "ae"; break;
    case 'O': out += "oe"; break;
    case 'S': out += "ss"; break;
    case 'I': out += "ij"; break;
    case 'T': out += "th"; break;
    case '.': out += ' '; break;
    default: out += base;
  }
}

char32_t fold_greek(char32_t point) {
  switch (point) {
    case U'Ά':
    case U'ά': return U'α';
    case U'Έ':
    case U'έ': return U'ε';
    case U'Ή':
    case U'ή': return U'η';
    case U'Ί':
    case U'ί':
    case U'Ϊ':
    case U'ϊ':
    case U'ΐ': return U'ι';
    case U'Ό':
    case U'ό': return U'ο';
    case U'Ύ':
    case U'ύ':
    case U'Ϋ':
    case U'ϋ':
    case U'ΰ': return U'υ';
    case U'Ώ':
    case U'ώ': return U'ω';
    case U'ς': return U'σ';
    default: return point >= U'Α' && point <= U'Ω' ? point + 0x20 : point;
  }
}

char32_t fold_cyrillic(char32_t point) {
  if (point >= 0x400 && point <= 0x40F) point += 0x50;
  if (point >= U'А' && point <= U'Я') point += 0x20;
  switch (point) {
    case U'й': return U'и';
    case U'ё': return U'е';
    case U'ї': return U'і';
    case U'Ґ':
    case U'ґ': return U'г';
    default: return point;
  }
}

void append_folded(std::string& out, char32_t point) {
  const bool is_combining_or_invisible = (point >= 0x300 && point <= 0x36F) || point == 0xAD || point == 0x200B ||
                                         point == 0x200C || point == 0x200D || point == 0x2060 || point == 0xFEFF;
  if (is_combining_or_invisible) return;
  if (point >= 'A' && point <= 'Z') {
    out += static_cast<char>(point + 0x20);
  } else if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9')) {
    out += static_cast<char>(point);
  } else if (point >= 0xC0 && point < 0x180) {
    append_latin(out, k_latin[point - 0xC0]);
  } else if (point == 0x218 || point == 0x219) {
    out += 's';
  } else if (point == 0x21A || point == 0x21B) {
    out += 't';
  } else if (point >= 0x386 && point <= 0x3CE) {
    append_two_bytes(out, fold_greek(point));
  } else if (point >= 0x400 && point <= 0x4FF) {
    append_two_bytes(out, fold_cyrillic(point));
  } else {
    out += ' ';
  }
}

std::vector<std::string_view> words_of(std::string_view folded) {
  if (folded.empty()) return {};
  return split(folded, ' ');
}

enum class Group {
  reject,
  necessary,
  not_necessary,
  only,
  accept,
  all,
  settings,
  save,
  selection,
  recommended,
  acknowledge,
  dismiss,
  pay,
  subject,
  count,
};
constexpr std::array<std::string_view, static_cast<std::size_t>(Group::count)> k_group_names = {
    "reject", "necessary", "not_necessary", "only",        "accept",  "all", "settings",
    "save",   "selection", "recommended",   "acknowledge", "dismiss", "pay", "subject"};

/// Patterns of labels.json are words, folded when read. "rejet*" matches what starts so, "*" any word, "..." any number of words,
/// and a leading "=" only the whole text.
struct Pattern {
  Group group;
  bool is_whole = false;
  std::vector<std::string> words;
};

bool matches_word(std::string_view pattern, std::string_view word) {
  if (pattern.ends_with('*')) return word.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == word;
}

/// Whether the pattern, from its word `from` on, matches the text at its word `at`.
bool matches_at(const std::vector<std::string>& pattern, std::size_t from, const std::vector<std::string_view>& text,
                std::size_t at) {
  for (; from < pattern.size(); ++from, ++at) {
    if (pattern[from] == "...") {
      for (std::size_t next = at; next < text.size(); ++next) {
        if (matches_at(pattern, from + 1, text, next)) return true;
      }
      return false;
    }
    if (at >= text.size() || !matches_word(pattern[from], text[at])) return false;
  }
  return true;
}

class Lexicon {
 public:
  using Groups = std::bitset<static_cast<std::size_t>(Group::count)>;

  Lexicon() {
    const auto data = json::parse(json::string_view(embedded::consent_labels.data(), embedded::consent_labels.size()));
    for (std::size_t i = 0; i < k_group_names.size(); ++i) {
      for (const auto& [language, patterns] : data.at(k_group_names[i]).as_object()) {
        for (const auto& pattern : patterns.as_array()) add(static_cast<Group>(i), pattern.as_string());
      }
    }
  }

  Groups groups_of(const std::vector<std::string_view>& words) const {
    Groups found;
    for (std::size_t at = 0; at < words.size(); ++at) {
      const auto patterns = by_start_.find(std::string(start_of(words[at])));
      if (patterns == by_start_.end()) continue;
      for (const auto& pattern : patterns->second) {
        if (pattern.is_whole && (at != 0 || words.size() != pattern.words.size())) continue;
        if (matches_at(pattern.words, 0, words, at)) found.set(static_cast<std::size_t>(pattern.group));
      }
    }
    return found;
  }

 private:
  /// The first letter: enough to leave out nearly all patterns.
  static std::string_view start_of(std::string_view word) {
    return word.substr(0, static_cast<unsigned char>(word[0]) < 0x80 ? 1 : 2);
  }

  void add(Group group, std::string_view text) {
    Pattern pattern{.group = group, .is_whole = text.starts_with('='), .words = {}};
    if (pattern.is_whole) text.remove_prefix(1);
    for (const auto word : split(text, ' ')) {
      const auto folded = fold(word);
      pattern.words.push_back(word == "..." ? "..." : word.ends_with('*') ? folded + '*' : folded);
      ASSERT_INVARIANT(!pattern.words.back().empty(), "a pattern of labels.json has words separated by one space");
    }
    by_start_[std::string(start_of(pattern.words[0]))].push_back(std::move(pattern));
  }

  std::unordered_map<std::string, std::vector<Pattern>> by_start_;
};

const Lexicon& lexicon() {
  static const Lexicon instance;
  return instance;
}

bool has_closing_sign(std::string_view text) {
  for (const std::string_view sign : {"×", "✕", "✖", "✗", "✘", "╳"}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(Label label) {
  switch (label) {
    case Label::accept: return "accept";
    case Label::reject: return "reject";
    case Label::settings: return "settings";
    case Label::save: return "save";
    case Label::acknowledge: return "acknowledge";
    case Label::dismiss: return "dismiss";
    case Label::other: return "other";
  }
  ASSERT_INVARIANT(false, "every label is named above");
}

std::string fold(std::string_view text) {
  std::string spaced;
  while (!text.empty()) append_folded(spaced, next_code_point(text));
  std::string out;
  for (const char c : spaced) {
    if (c != ' ') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

Label classify(std::string_view text) {
  const auto folded = fold(text.substr(0, k_label_bytes_max));
  const auto words = words_of(folded);
  if (words.empty()) return has_closing_sign(text) ? Label::dismiss : Label::other;
  if (words.size() > k_label_words_max || text.size() > k_label_bytes_max) return Label::other;

  const auto groups = lexicon().groups_of(words);
  const auto has = [&groups](Group group) { return groups.test(static_cast<std::size_t>(group)); };
  const bool agrees = has(Group::accept) || has(Group::save) || has(Group::acknowledge);

  // "Refuse and subscribe" is an offer, not a refusal, and what lies behind it is not this site's banner.
  if (has(Group::pay)) return Label::other;
  if (has(Group::necessary) && !has(Group::not_necessary) && (has(Group::only) || agrees)) return Label::reject;
  if (has(Group::reject)) return has(Group::settings) && !has(Group::save) ? Label::settings : Label::reject;
  if (has(Group::selection) && !has(Group::all) && (has(Group::accept) || has(Group::save))) return Label::save;
  if (has(Group::accept)) {
    const bool is_about_settings = has(Group::settings) && !has(Group::all) && !has(Group::recommended);
    if (!is_about_settings) return Label::accept;
    return has(Group::save) ? Label::save : Label::settings;
  }
  if (has(Group::save)) return has(Group::all) ? Label::accept : Label::save;
  if (has(Group::settings)) return Label::settings;
  if (words.size() > k_short_words_max) return Label::other;
  if (has(Group::acknowledge)) return Label::acknowledge;
  return has(Group::dismiss) ? Label::dismiss : Label::other;
}

bool says_all(std::string_view text) {
  const auto folded = fold(text.substr(0, k_label_bytes_max));
  return lexicon().groups_of(words_of(folded)).test(static_cast<std::size_t>(Group::all));
}

std::size_t count_subject_words(std::string_view text) {
  const auto folded = fold(utf8_prefix(text, k_subject_bytes_max));
  std::set<std::string_view> found;
  const auto words = words_of(folded);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::vector<std::string_view> window(words.begin() + static_cast<std::ptrdiff_t>(at),
                                               words.begin() + static_cast<std::ptrdiff_t>(std::min(at + 2, words.size())));
    if (lexicon().groups_of(window).test(static_cast<std::size_t>(Group::subject))) found.insert(words[at]);
  }
  return found.size();
}

}  // namespace gannet::consent
