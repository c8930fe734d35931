#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "conf/settings.hpp"

namespace gannet::conf {
namespace {

TEST(SettingsPage, is_in_step_with_the_table) {
  const std::string path = GANNET_SOURCE_DIR "/docs/settings.md";
  if (std::getenv("UPDATE_SNAPSHOTS")) {
    ASSERT_TRUE(write_file_atomically(path, settings_page()));
    return;
  }
  const auto page = read_file(path);
  ASSERT_TRUE(page) << page.error().describe();
  EXPECT_EQ(*page, settings_page()) << "UPDATE_SNAPSHOTS=1 rewrites docs/settings.md";
}

TEST(SettingsPage, has_a_sentence_for_every_setting) {
  for (const auto& group : setting_groups())
    for (const auto& setting : group.settings) {
      EXPECT_TRUE(setting.doc.ends_with('.')) << setting.name;
      EXPECT_EQ(setting.doc.find('|'), std::string_view::npos) << setting.name << " would break the table";
    }
}

}  // namespace
}  // namespace gannet::conf
