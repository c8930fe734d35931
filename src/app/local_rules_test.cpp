#include "app/local_rules.hpp"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "inspect/rule_edit.hpp"

namespace gannet::app {
namespace {

struct LocalRules : testing::Test {
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "local-rules-test.XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(path.data()));
    folder = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Result<void> decide(const std::string& name) const {
    return edit_local_rules(folder, [&](std::string_view content, std::string_view file) {
      return inspect::with_decision(
          content, file,
          {.key = {.name = name, .domain = "shop.test", .site = {}}, .category = datasets::Category::analytics, .note = {}});
    });
  }

  std::filesystem::path folder;
};

TEST_F(LocalRules, are_none_without_a_file) {
  const auto rules = load_local_rules(folder);
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->rules.size(), 0U);
}

TEST_F(LocalRules, are_kept_in_the_data_folder) {
  const auto done = decide("a");
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(load_local_rules(folder)->rules.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "rules.json"));
}

TEST_F(LocalRules, edited_at_once_by_several_are_all_kept) {
  constexpr int k_editors = 4, k_edits = 10;
  {
    std::vector<std::jthread> editors;
    for (int i = 0; i < k_editors; ++i) {
      editors.emplace_back([this, i] {
        for (int j = 0; j < k_edits; ++j) EXPECT_TRUE(decide(fmt::format("{}_{}", i, j)));
      });
    }
  }
  EXPECT_EQ(load_local_rules(folder)->rules.size(), std::size_t(k_editors * k_edits));
}

TEST_F(LocalRules, that_cannot_be_read_are_named_and_left_alone) {
  constexpr std::string_view k_broken = "{\n  \"rules\": [,]\n}";
  ASSERT_TRUE(write_file_atomically(folder / "rules.json", k_broken));
  for (const auto& message : {load_local_rules(folder).error().describe(), decide("a").error().describe()}) {
    EXPECT_NE(message.find((folder / "rules.json").string() + ": not JSON at line 2"), std::string::npos) << message;
  }
  EXPECT_EQ(read_file(folder / "rules.json").value(), k_broken);
}

}  // namespace
}  // namespace gannet::app
