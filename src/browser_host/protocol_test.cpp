#include "browser_host/protocol.hpp"

#include <gtest/gtest.h>

namespace gannet::browser_host {
namespace {

SpawnCommand full_command() {
  SpawnCommand command{BrowserId{7}, {}};
  command.options.executable = "/usr/bin/browser";
  command.options.args = {"--a", "", std::string("nul\0inside", 10)};
  command.options.environment = {{"NAME", "value"}};
  command.options.files = {{"Default/Preferences", "{}"}};
  command.options.ca_certificates = {"-----BEGIN CERTIFICATE-----"};
  command.options.renderer_memory_max = 1_GiB;
  command.options.browser_memory_max = 3_GiB;
  return command;
}

TEST(Protocol, a_spawn_command_survives_the_wire) {
  const auto decoded = decode_command(encode(Command(full_command())));
  ASSERT_TRUE(decoded);
  const auto& command = std::get<SpawnCommand>(*decoded);
  EXPECT_EQ(command.id, BrowserId{7});
  EXPECT_EQ(command.options.executable, "/usr/bin/browser");
  EXPECT_EQ(command.options.args, full_command().options.args);
  ASSERT_EQ(command.options.environment.size(), 1U);
  EXPECT_EQ(command.options.environment[0].name, "NAME");
  EXPECT_EQ(command.options.environment[0].value, "value");
  ASSERT_EQ(command.options.files.size(), 1U);
  EXPECT_EQ(command.options.files[0].path, "Default/Preferences");
  EXPECT_EQ(command.options.files[0].content, "{}");
  EXPECT_EQ(command.options.ca_certificates, full_command().options.ca_certificates);
  EXPECT_EQ(command.options.renderer_memory_max, 1_GiB);
  EXPECT_EQ(command.options.browser_memory_max, 3_GiB);
}

TEST(Protocol, every_report_survives_the_wire) {
  const std::vector<Report> reports{
      Ready{"gannet-browser", "/tmp/x"},
      StartFailed{ErrorKind::denied, "no"},
      Spawned{BrowserId{1}, 4711},
      Failed{BrowserId{2}, ErrorKind::invalid, "why"},
      Exited{BrowserId{3}, "signal 11", "last words"},
      Sampled{BrowserId{4}, 5_MiB, 3_MiB},
      Killed{BrowserId{5}, 12, MemoryVictim::renderer, {MemoryVictim::browser, 9_GiB, 8_GiB}},
  };
  for (const auto& report : reports) {
    const std::string bytes = encode(report);
    const auto decoded = decode_report(bytes);
    ASSERT_TRUE(decoded) << report.index();
    EXPECT_EQ(decoded->index(), report.index());
    EXPECT_EQ(encode(*decoded), bytes);
  }
}

TEST(Protocol, whatever_is_cut_off_or_added_is_refused) {
  const std::string bytes = encode(Command(full_command()));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_command(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().kind(), ErrorKind::protocol);
  }
  EXPECT_FALSE(decode_command(bytes + "x"));
}

TEST(Protocol, unknown_messages_enumerators_and_impossible_counts_are_refused) {
  EXPECT_FALSE(decode_command("\x09"));
  EXPECT_FALSE(decode_report("\xff"));
  std::string failed = encode(Report(Failed{BrowserId{1}, ErrorKind::internal, "x"}));
  ASSERT_TRUE(decode_report(failed));
  ++failed[5];  // The kind, after the tag and the id.
  EXPECT_FALSE(decode_report(failed));
  // An empty executable, then arguments said to be four thousand million.
  EXPECT_FALSE(decode_command(std::string("\0\1\0\0\0\0\0\0\0\xff\xff\xff\xff", 13)));
}

}  // namespace
}  // namespace gannet::browser_host
