// A private folder of one test, removed at its end. Test only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gannet::browser_host {

class TestFolder {
 public:
  TestFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "browser-host-test.XXXXXX").string();
    if (::mkdtemp(path.data())) path_ = path;
    // Hosts of another user make their folders in it.
    std::filesystem::permissions(path_, std::filesystem::perms::all);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

}  // namespace gannet::browser_host
