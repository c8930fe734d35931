// Test vectors of testdata/ (its README says who made them). For tests only.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/file.hpp"

namespace gannet::record {

inline std::vector<boost::json::object> read_vectors(std::string_view file, std::string_view list) {
  const auto text = read_file(std::string(GANNET_SOURCE_DIR "/src/record/testdata/") + std::string(file));
  if (!text) throw std::runtime_error(text.error().describe());
  const auto json = boost::json::parse(*text);
  std::vector<boost::json::object> vectors;
  for (const auto& vector : json.as_object().at(boost::json::string_view(list.data(), list.size())).as_array())
    vectors.push_back(vector.as_object());
  if (vectors.empty()) throw std::runtime_error("no vectors in " + std::string(file));
  return vectors;
}

/// The member's text, with "{v*4096}" expanded to 4096 times v.
inline std::string text_of(const boost::json::object& object, std::string_view member) {
  const auto& stored = object.at(boost::json::string_view(member.data(), member.size())).as_string();
  std::string text(stored.data(), stored.size());
  const std::size_t open = text.find('{');
  if (open == std::string::npos || text.substr(open + 2, 1) != "*") return text;
  const std::size_t close = text.find('}', open);
  const std::string run(std::stoul(text.substr(open + 3, close - open - 3)), text[open + 1]);
  return text.replace(open, close - open + 1, run);
}

/// Text on the heap with nothing behind it, so that AddressSanitizer sees a read past its end.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view text) : bytes_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    std::ranges::copy(text, bytes_.get());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace gannet::record
