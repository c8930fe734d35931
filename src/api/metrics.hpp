// Prometheus' text exposition (format 0.0.4): a writer that any part may write its numbers into, and what the API counts of
// itself. Belongs to the single thread of the event loop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace gannet::api {

/// Families must be written whole: begin, then its samples. Names and labels are the caller's and follow Prometheus' rules; label
/// values are escaped.
class MetricsWriter {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  enum class Type { counter, gauge, histogram };

  void begin(std::string_view name, Type type, std::string_view help);
  void sample(double value, Labels labels = {}) { sample_of("", value, labels); }
  /// With a suffix of the family's name: "_bucket", "_sum", "_count".
  void sample_of(std::string_view suffix, double value, Labels labels);

  /// A family of one sample without labels.
  void counter(std::string_view name, std::string_view help, double value);
  void gauge(std::string_view name, std::string_view help, double value);

  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
  std::string family_;
};

/// Durations in fixed buckets, cumulative when written.
class Histogram {
 public:
  static constexpr std::array<double, 10> k_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 10};
  void observe(std::chrono::microseconds duration);
  void write(MetricsWriter& writer) const;

 private:
  std::array<std::uint64_t, k_bounds.size() + 1> counts_{};
  double sum_ = 0;
};

/// Requests by route and status. Routes are few, so labels are bounded; what fits none is counted as "unknown".
class RequestMetrics {
 public:
  void count(std::string_view method, std::string_view route, int status, std::chrono::microseconds duration);
  void write(MetricsWriter& writer) const;

 private:
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
  Histogram durations_;
};

}  // namespace gannet::api
