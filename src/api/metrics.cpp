#include "api/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace gannet::api {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string_view to_string(MetricsWriter::Type type) {
  switch (type) {
    case MetricsWriter::Type::counter: return "counter";
    case MetricsWriter::Type::gauge: return "gauge";
    case MetricsWriter::Type::histogram: return "histogram";
  }
  return "untyped";
}

}  // namespace

void MetricsWriter::begin(std::string_view name, Type type, std::string_view help) {
  family_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, escaped(help), name, to_string(type));
}

void MetricsWriter::sample_of(std::string_view suffix, double value, Labels labels) {
  out_ += family_;
  out_ += suffix;
  char separator = '{';
  for (const auto& [name, text] : labels) {
    fmt::format_to(std::back_inserter(out_), "{}{}=\"{}\"", separator, name, escaped(text));
    separator = ',';
  }
  if (separator == ',') out_ += '}';
  fmt::format_to(std::back_inserter(out_), " {}\n", number(value));
}

void MetricsWriter::counter(std::string_view name, std::string_view help, double value) {
  begin(name, Type::counter, help);
  sample(value);
}

void MetricsWriter::gauge(std::string_view name, std::string_view help, double value) {
  begin(name, Type::gauge, help);
  sample(value);
}

void Histogram::observe(std::chrono::microseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bound = std::ranges::lower_bound(k_bounds, seconds);
  ++counts_[std::size_t(bound - k_bounds.begin())];
  sum_ += seconds;
}

void Histogram::write(MetricsWriter& writer) const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < k_bounds.size(); ++i) {
    total += counts_[i];
    writer.sample_of("_bucket", double(total), {{"le", number(k_bounds[i])}});
  }
  total += counts_.back();
  writer.sample_of("_bucket", double(total), {{"le", "+Inf"}});
  writer.sample_of("_sum", sum_, {});
  writer.sample_of("_count", double(total), {});
}

void RequestMetrics::count(std::string_view method, std::string_view route, int status, std::chrono::microseconds duration) {
  ++requests_[{std::string(method), std::string(route), status}];
  durations_.observe(duration);
}

void RequestMetrics::write(MetricsWriter& writer) const {
  writer.begin("gannet_http_requests_total", MetricsWriter::Type::counter, "Requests to the API.");
  for (const auto& [key, count] : requests_)
    writer.sample(double(count),
                  {{"method", std::get<0>(key)}, {"route", std::get<1>(key)}, {"status", std::to_string(std::get<2>(key))}});
  writer.begin("gannet_http_request_duration_seconds", MetricsWriter::Type::histogram, "Time to answer requests to the API.");
  durations_.write(writer);
}

}  // namespace gannet::api
