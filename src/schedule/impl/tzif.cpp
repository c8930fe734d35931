#include "schedule/impl/tzif.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace gannet::schedule::impl {

namespace chr = std::chrono;

namespace {

/// RFC 9636 §3.1: offsets beyond are nonsense; the earth has none above 15:13:42.
constexpr std::int64_t k_offset_max_seconds = 26 * 3600;

Error damaged(std::string_view what) {
  return Error(ErrorKind::invalid, fmt::format("not a time zone file (RFC 9636): {}", what));
}

/// Takes big-endian numbers off the front; past the end it stays false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool is_good() const { return is_good_; }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      is_good_ = false;
      return {};
    }
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// Two's complement, sign-extended.
  std::int64_t take_number(std::size_t size) {
    std::uint64_t value = 0;
    const auto bytes = take(size);
    for (const char byte : bytes) value = value << 8 | std::uint8_t(byte);
    const auto unused = 64 - 8 * size;
    return is_good_ ? std::int64_t(value << unused) >> unused : 0;
  }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

struct Header {
  char version = 0;
  std::size_t ut_count = 0, standard_count = 0, leap_count = 0, time_count = 0, type_count = 0, text_size = 0;

  std::size_t body_size(std::size_t time_size) const {
    return time_count * (time_size + 1) + type_count * 6 + text_size + leap_count * (time_size + 4) + standard_count + ut_count;
  }
};

std::optional<Header> read_header(Reader& reader) {
  if (reader.take(4) != "TZif") return std::nullopt;
  Header header;
  const auto version = reader.take(1);
  reader.take(15);
  for (auto* count :
       {&header.ut_count, &header.standard_count, &header.leap_count, &header.time_count, &header.type_count, &header.text_size})
    *count = std::size_t(std::max<std::int64_t>(reader.take_number(4), 0));
  if (!reader.is_good() || header.type_count == 0 || header.type_count > 256) return std::nullopt;
  header.version = version[0];
  return header;
}

Result<Transitions> read_body(Reader& reader, const Header& header, std::size_t time_size) {
  if (header.body_size(time_size) > reader.rest().size()) return std::unexpected(damaged("it is cut off"));
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < header.time_count; ++i) times.push_back(reader.take_number(time_size));
  const auto type_of = reader.take(header.time_count);
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < header.type_count; ++i) {
    offsets.push_back(reader.take_number(4));
    reader.take(2);
    if (std::abs(offsets.back()) > k_offset_max_seconds) return std::unexpected(damaged("an offset is too large"));
  }
  reader.take(header.text_size + header.leap_count * (time_size + 4) + header.standard_count + header.ut_count);

  Transitions found{.first_offset = chr::seconds(offsets[0]), .changes = {}};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto type = std::size_t(std::uint8_t(type_of[i]));
    if (type >= offsets.size() || (i > 0 && times[i] <= times[i - 1]))
      return std::unexpected(damaged("its transitions are wrong"));
    // zic marks the beginning of time by a transition that far back; arithmetic needs room below.
    constexpr std::int64_t k_earliest = -(std::int64_t(1) << 59);
    found.changes.push_back({chr::sys_seconds(chr::seconds(std::max(times[i], k_earliest))), chr::seconds(offsets[type])});
  }
  return found;
}

/// A day of the year in a TZ string of POSIX: Mm.w.d, Jn or n, and the time of that day.
struct Rule {
  enum class Kind { month_week_day, julian_without_leap_day, zero_based } kind = Kind::month_week_day;
  int month = 0, week = 0, day = 0;
  std::int64_t seconds_of_day = 7200;

  chr::local_seconds in_year(int year) const {
    const chr::local_days new_year(chr::local_days(chr::year(year) / 1 / 1));
    chr::local_days date = new_year;
    switch (kind) {
      case Kind::zero_based: date = new_year + chr::days(day); break;
      case Kind::julian_without_leap_day:
        date = new_year + chr::days(day - 1 + (chr::year(year).is_leap() && day >= 60 ? 1 : 0));
        break;
      case Kind::month_week_day: {
        const auto weekday = chr::weekday(unsigned(day));
        const auto in_month = chr::year(year) / month;
        date = week == 5 ? chr::local_days(in_month / weekday[chr::last]) : chr::local_days(in_month / weekday[unsigned(week)]);
      }
    }
    return date + chr::seconds(seconds_of_day);
  }
};

struct Footer {
  std::int64_t standard_offset = 0;
  struct Summer {
    std::int64_t offset = 0;
    Rule begin, end;
  };
  std::optional<Summer> summer;
};

/// The TZ string of POSIX.1-2017 §8.3 with the hours of RFC 9636 §3.3.1 (-167 to 167).
class FooterReader {
 public:
  explicit FooterReader(std::string_view text) : rest_(text) {}

  std::optional<Footer> read() {
    Footer footer;
    std::int64_t west = 0;
    if (!skip_name() || !read_time(west)) return std::nullopt;
    footer.standard_offset = -west;
    if (rest_.empty()) return footer;
    Footer::Summer summer{.offset = footer.standard_offset + 3600, .begin = {}, .end = {}};
    if (!skip_name()) return std::nullopt;
    if (!rest_.starts_with(',')) {
      if (!read_time(west)) return std::nullopt;
      summer.offset = -west;
    }
    if (!read_rule(summer.begin) || !read_rule(summer.end) || !rest_.empty()) return std::nullopt;
    footer.summer = summer;
    return footer;
  }

 private:
  bool skip(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip_name() {
    const bool is_quoted = skip('<');
    const auto end = rest_.find_first_of(is_quoted ? ">" : "0123456789+-,");
    if (end == std::string_view::npos || end == 0) {
      // A name may end the string only as the name of summer time without rules, which zone files do not have.
      return false;
    }
    rest_.remove_prefix(end);
    return !is_quoted || skip('>');
  }

  bool read_number(int max, int& out) {
    std::size_t digits = 0;
    out = 0;
    while (digits < rest_.size() && digits < 3 && rest_[digits] >= '0' && rest_[digits] <= '9')
      out = out * 10 + (rest_[digits++] - '0');
    rest_.remove_prefix(digits);
    return digits > 0 && out <= max;
  }

  bool read_time(std::int64_t& out_seconds) {
    const bool is_negative = skip('-');
    if (!is_negative) skip('+');
    int hours = 0, minutes = 0, seconds = 0;
    if (!read_number(167, hours)) return false;
    if (skip(':') && !read_number(59, minutes)) return false;
    if (skip(':') && !read_number(59, seconds)) return false;
    out_seconds = (is_negative ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    return true;
  }

  bool read_rule(Rule& rule) {
    if (!skip(',')) return false;
    if (skip('M')) {
      if (!read_number(12, rule.month) || rule.month == 0 || !skip('.') || !read_number(5, rule.week) || rule.week == 0 ||
          !skip('.') || !read_number(6, rule.day))
        return false;
    } else if (skip('J')) {
      rule.kind = Rule::Kind::julian_without_leap_day;
      if (!read_number(365, rule.day) || rule.day == 0) return false;
    } else {
      rule.kind = Rule::Kind::zero_based;
      if (!read_number(365, rule.day)) return false;
    }
    return !skip('/') || read_time(rule.seconds_of_day);
  }

  std::string_view rest_;
};

void append_by_footer(const Footer& footer, int year_max, Transitions& transitions) {
  const auto at = [](chr::local_seconds local, std::int64_t offset) {
    return chr::sys_seconds(local.time_since_epoch() - chr::seconds(offset));
  };
  auto& changes = transitions.changes;
  const auto listed_until = changes.empty() ? chr::sys_seconds::min() : changes.back().at;
  if (!footer.summer) {
    if (changes.empty()) transitions.first_offset = chr::seconds(footer.standard_offset);
    return;
  }
  int year = 1970;
  if (!changes.empty()) year = std::max(year, int(chr::year_month_day(chr::floor<chr::days>(listed_until)).year()));
  std::vector<Transition> made;
  for (; year <= year_max; ++year) {
    made.push_back({at(footer.summer->begin.in_year(year), footer.standard_offset), chr::seconds(footer.summer->offset)});
    made.push_back({at(footer.summer->end.in_year(year), footer.summer->offset), chr::seconds(footer.standard_offset)});
  }
  // Where summer time ends when it begins again (all year long), the beginning comes later, and so wins.
  const auto order = [&](const Transition& made_one) {
    return std::pair(made_one.at, made_one.offset.count() == footer.summer->offset);
  };
  std::ranges::sort(made, {}, order);
  for (const auto& transition : made) {
    if (transition.at <= listed_until) continue;
    if (!changes.empty() && changes.back().at == transition.at) {
      changes.back() = transition;
    } else {
      changes.push_back(transition);
    }
  }
}

}  // namespace

Result<Transitions> read_tzif(std::string_view bytes, int year_max) {
  Reader reader(bytes);
  auto header = read_header(reader);
  if (!header) return std::unexpected(damaged("its header is wrong"));
  if (header->version == '\0') return read_body(reader, *header, 4);
  // From version 2 on the block of 32-bit times is followed by one of 64-bit times and the footer.
  reader.take(header->body_size(4));
  header = read_header(reader);
  if (!reader.is_good() || !header) return std::unexpected(damaged("its second header is wrong"));
  auto transitions = TRY(read_body(reader, *header, 8));
  const auto rest = reader.rest();
  const auto end = rest.size() < 2 ? std::string_view::npos : rest.find('\n', 1);
  if (!rest.starts_with('\n') || end == std::string_view::npos) return std::unexpected(damaged("it has no footer"));
  if (const auto text = rest.substr(1, end - 1); !text.empty()) {
    const auto footer = FooterReader(text).read();
    if (!footer) return std::unexpected(damaged("its footer is wrong"));
    append_by_footer(*footer, year_max, transitions);
  }
  return transitions;
}

}  // namespace gannet::schedule::impl
