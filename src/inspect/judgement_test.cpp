#include "inspect/judgement.hpp"

#include <gtest/gtest.h>

namespace gannet::inspect {
namespace {

const Instant k_at = parse_instant("2026-11-21T12:00:00Z").value();

record::Finding finding(std::string id, record::Severity severity = record::Severity::high) {
  record::Finding made;
  made.id = std::move(id);
  made.severity = severity;
  return made;
}

record::Judgement judgement(std::vector<record::Finding> findings) {
  record::Judgement made;
  made.judged_at = k_at;
  made.gannet_version = "0.1.0";
  made.datasets = {{.name = "owners", .version = "1", .hash = "a"}, {.name = "cookies", .version = "7", .hash = "b"}};
  made.findings = std::move(findings);
  made.categories = {{"cookie a shop.test", "unknown"}, {"cookie b shop.test", "analytics"}};
  return made;
}

TEST(Judgement, holds_findings_data_sets_and_categories_of_an_inspection) {
  Inspection inspection;
  inspection.findings = {finding("1")};
  inspection.datasets = {{.name = "owners", .version = "1", .hash = "a"}};
  auto& state = inspection.states.emplace_back();
  auto& cookie = state.cookies.emplace_back();
  cookie.cookie.key.name = "_ga";
  cookie.cookie.key.domain = "shop.test";
  cookie.categorisation.category = Category::analytics;
  auto& entry = state.storage.emplace_back();
  entry.entry.key = "k";
  entry.entry.origin = "https://shop.test";
  const auto made = make_judgement(inspection, k_at);
  EXPECT_EQ(made.judged_at, k_at);
  EXPECT_FALSE(made.gannet_version.empty());
  EXPECT_EQ(made.datasets, (std::vector<record::DatasetVersion>{{"owners", "1", "a"}}));
  ASSERT_EQ(made.findings.size(), 1U);
  EXPECT_EQ(made.categories.at("cookie _ga shop.test"), to_string(Category::analytics));
  EXPECT_EQ(made.categories.size(), 2U);
}

TEST(JudgementChange, is_empty_for_the_same_verdict_by_the_same_rules_at_another_time) {
  auto later = judgement({finding("1")});
  later.judged_at = k_at + std::chrono::hours(5);
  EXPECT_TRUE(compare_judgements(judgement({finding("1")}), later).is_empty());
}

TEST(JudgementChange, names_findings_that_came_went_or_weigh_otherwise) {
  const auto change = compare_judgements(judgement({finding("1"), finding("2"), finding("3")}),
                                         judgement({finding("2"), finding("3", record::Severity::low), finding("4")}));
  ASSERT_EQ(change.added.size(), 1U);
  EXPECT_EQ(change.added[0].id, "4");
  ASSERT_EQ(change.gone.size(), 1U);
  EXPECT_EQ(change.gone[0].id, "1");
  ASSERT_EQ(change.regraded.size(), 1U);
  EXPECT_EQ(change.regraded[0].from.severity, record::Severity::high);
  EXPECT_EQ(change.regraded[0].to.severity, record::Severity::low);
  EXPECT_FALSE(change.has_same_verdict());
}

TEST(JudgementChange, names_categories_that_changed) {
  auto later = judgement({});
  later.categories = {{"cookie a shop.test", "functional"}, {"cookie c shop.test", "unknown"}};
  const auto change = compare_judgements(judgement({}), later);
  EXPECT_EQ(change.categories.at("cookie a shop.test"), (JudgementChange::FromTo<std::string>{"unknown", "functional"}));
  EXPECT_EQ(change.categories.at("cookie b shop.test").to, "");
  EXPECT_EQ(change.categories.at("cookie c shop.test").from, "");
}

TEST(JudgementChange, of_the_data_sets_alone_keeps_the_verdict) {
  auto later = judgement({});
  later.datasets = {{.name = "owners", .version = "2", .hash = "c"}, {.name = "cookies", .version = "7", .hash = "other"}};
  const auto change = compare_judgements(judgement({}), later);
  EXPECT_EQ(change.datasets.at("owners"), (JudgementChange::FromTo<std::string>{"1", "2"}));
  EXPECT_TRUE(change.datasets.contains("cookies")) << "another content under the same version";
  EXPECT_TRUE(change.has_same_verdict());
  EXPECT_FALSE(change.is_empty());
}

}  // namespace
}  // namespace gannet::inspect
