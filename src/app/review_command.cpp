#include <cstdio>

#include <boost/json.hpp>

#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "inspect/review.hpp"

namespace gannet::app {

namespace json = boost::json;

namespace {

struct Review {
  std::size_t scan_count = 0;
  std::vector<inspect::ReviewEntry> entries;
};

/// One damaged scan does not hide what the others say.
Result<Review> review_scans(const CookiesReviewArguments& arguments) {
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  auto store = TRY(OpenStore::open(arguments.common));
  const auto scans = TRY((*store)->list_scans_blocking({.host = arguments.host, .limit = arguments.limit}));
  Review review;
  inspect::ReviewList list(judge.sets());
  // The oldest first, so that the first writer is the first one seen.
  for (auto summary = scans.rbegin(); summary != scans.rend(); ++summary) {
    if (!summary->ended_at) continue;
    const auto scan = (*store)->load_scan_blocking(summary->id);
    if (!scan) {
      fmt::print(stderr, "gannet: scan {} is left out: {}\n", summary->id.to_string(), scan.error().describe());
      continue;
    }
    ++review.scan_count;
    list.add(*scan, judge.judge(*scan));
  }
  review.entries = std::move(list).take();
  return review;
}

std::string_view kind_words(record::WriterKind kind) {
  switch (kind) {
    case record::WriterKind::http: return "the response of";
    case record::WriterKind::script: return "the script";
    case record::WriterKind::unknown: return "";
  }
  return "";
}

std::string writer_words(const record::Writer& writer) {
  if (writer.kind == record::WriterKind::unknown) return "whom nobody saw";
  const bool is_inline = writer.kind == record::WriterKind::script && writer.url.empty();
  if (is_inline) return "a script within " + printable(writer.document_url, 200);
  return fmt::format("{} {}", kind_words(writer.kind), printable(writer.url, 200));
}

std::string day_of(Instant at) { return format_instant(at).substr(0, 10); }

/// At most `count_max` of them, each printable.
template <class Items, class Text>
std::string list_words(const Items& items, std::size_t count_max, Text text_of) {
  std::vector<std::string> words;
  for (const auto& item : items) {
    if (words.size() == count_max) {
      words.push_back(fmt::format("{} more", items.size() - count_max));
      break;
    }
    words.push_back(printable(text_of(item), 100));
  }
  return join(words, ", ");
}

std::string entry_text(const inspect::ReviewEntry& entry, std::size_t scan_count) {
  constexpr std::size_t k_hosts_max = 5;
  std::string text = fmt::format("\n{} @ {} ({} party)\n", printable(entry.name, 200), printable(entry.domain, 200),
                                 inspect::to_string(entry.party));
  text += fmt::format("  in {} of {} scans, of {}; states {}; {}\n", entry.scan_count, scan_count,
                      list_words(entry.hosts, k_hosts_max, [](const std::string& host) { return host; }),
                      list_words(entry.states, entry.states.size(), [](auto state) { return record::to_string(state); }),
                      entry.first_seen == entry.last_seen
                          ? "seen " + day_of(entry.first_seen)
                          : fmt::format("seen from {} to {}", day_of(entry.first_seen), day_of(entry.last_seen)));
  text += fmt::format("  set by {}\n", writer_words(entry.writer));
  if (entry.hint) text += fmt::format("  perhaps {}: {}\n", to_string(entry.hint->category), entry.hint->reason);
  const auto command = inspect::settling_command(entry);
  return text + fmt::format("  {}\n", command.empty() ? "it has no name, so no rule can name it" : command);
}

json::object to_json(const inspect::ReviewEntry& entry) {
  json::array hosts, states;
  for (const auto& host : entry.hosts) hosts.emplace_back(host);
  for (const auto state : entry.states) states.emplace_back(record::to_string(state));
  json::value hint;
  if (entry.hint) hint = {{"category", to_string(entry.hint->category)}, {"reason", entry.hint->reason}};
  return {{"name", entry.name},
          {"domain", entry.domain},
          {"party", inspect::to_string(entry.party)},
          {"scans", entry.scan_count},
          {"hosts", hosts},
          {"states", states},
          {"set_by", {{"kind", record::to_string(entry.writer.kind)}, {"url", entry.writer.url}}},
          {"first_seen", format_instant(entry.first_seen)},
          {"last_seen", format_instant(entry.last_seen)},
          {"hint", hint},
          {"command", inspect::settling_command(entry)}};
}

Result<void> print_review(const CookiesReviewArguments& arguments) {
  const auto review = TRY(review_scans(arguments));
  auto output = TRY(Output::open({}));
  if (arguments.format == Format::json) {
    json::array entries;
    for (const auto& entry : review.entries) entries.push_back(to_json(entry));
    output.add(json::serialize(json::object{{"scans", review.scan_count}, {"cookies", entries}}) + "\n");
    return output.finish();
  }
  output.add(fmt::format("unknown cookies: {}; scans looked at: {}\n", review.entries.size(), review.scan_count));
  for (const auto& entry : review.entries) output.add(entry_text(entry, review.scan_count));
  return output.finish();
}

}  // namespace

int run_command(const CookiesReviewArguments& arguments) {
  const auto done = print_review(arguments);
  return done ? 0 : complain(done.error());
}

}  // namespace gannet::app
