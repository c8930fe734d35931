// Snapshots: expected output kept under testdata/. UPDATE_SNAPSHOTS=1 in the environment rewrites them; the diff is then
// reviewed.
#pragma once

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace gannet::report {

inline void expect_snapshot(const std::string& name, const std::string& actual) {
  const std::string path = GANNET_SOURCE_DIR "/src/report/testdata/" + name;
  if (std::getenv("UPDATE_SNAPSHOTS")) {
    const Result<void> written = write_file_atomically(path, actual);
    ASSERT_TRUE(written.has_value()) << written.error().describe();
    return;
  }
  const Result<std::string> expected = read_file(path);
  ASSERT_TRUE(expected.has_value()) << expected.error().describe() << "; UPDATE_SNAPSHOTS=1 writes it";
  EXPECT_EQ(*expected, actual) << "UPDATE_SNAPSHOTS=1 rewrites " << name;
}

}  // namespace gannet::report
