// What /metrics says of the service as a whole; the API adds what it counts of itself.
#include "app/service.hpp"

namespace gannet::app {

void Service::write_metrics(api::MetricsWriter& writer) const {
  using Type = api::MetricsWriter::Type;
  const auto is_up = [this](std::string_view name) {
    for (const auto& component : health_)
      if (component.name == name) return component.state == api::HealthState::healthy ? 1.0 : 0.0;
    return 0.0;
  };
  writer.gauge("gannet_database_up", "Whether the database answered last.", is_up("database"));
  writer.gauge("gannet_redis_up", "Whether Redis is in use, or not configured.", is_up("redis"));
  writer.gauge("gannet_data_free_bytes", "Free space where the data folder is.", double(free_bytes_));

  writer.begin("gannet_schedules", Type::gauge, "Schedules by whether they fire.");
  writer.sample(double(numbers_.schedules_enabled), {{"state", "enabled"}});
  writer.sample(double(numbers_.schedules_off), {{"state", "off"}});
  writer.begin("gannet_jobs", Type::gauge, "Jobs by queue and state.");
  std::int64_t depth = 0;
  for (const auto& queue : numbers_.jobs) {
    writer.sample(double(queue.available), {{"queue", queue.queue}, {"state", "available"}});
    writer.sample(double(queue.scheduled), {{"queue", queue.queue}, {"state", "scheduled"}});
    writer.sample(double(queue.running), {{"queue", queue.queue}, {"state", "running"}});
    writer.sample(double(queue.dead), {{"queue", queue.queue}, {"state", "dead"}});
    depth += queue.available;
  }
  writer.begin("gannet_job_oldest_ready_age_seconds", Type::gauge, "How long the oldest job that is due has waited.");
  for (const auto& queue : numbers_.jobs) writer.sample(double(queue.lag_ms) / 1000, {{"queue", queue.queue}});

  if (fires_) {
    const auto& metrics = fires_->metrics();
    writer.gauge("gannet_schedule_lag_seconds", "How late the oldest due time is that no instance has decided on.",
                 double(metrics.lag_ms) / 1000);
    writer.begin("gannet_fires_total", Type::counter, "Due times decided on by this process.");
    writer.sample(double(metrics.fired), {{"result", "queued"}});
    writer.sample(double(metrics.skipped), {{"result", "skipped"}});
    writer.sample(double(metrics.repeated), {{"result", "repeated"}});
    writer.counter("gannet_fire_errors_total", "Rounds of the scheduler that failed.", double(metrics.errors));
  }
  if (worker_) {
    const auto& metrics = worker_->metrics();
    writer.gauge("gannet_scans_running", "Scans that run in this process.", double(metrics.running));
    writer.counter("gannet_stale_claims_rescued_total", "Jobs of dead workers taken by this process.", double(metrics.rescued));
    writer.counter("gannet_fenced_writes_rejected_total", "Ends of jobs that had been taken over meanwhile.",
                   double(metrics.fenced));
    writer.counter("gannet_jobs_failed_total", "Jobs that were given up.", double(metrics.failed));
    const auto& counters = jobs_->counters();
    writer.begin("gannet_executions_total", Type::counter, "Scans that ended in this process, by how.");
    std::int64_t total = 0;
    for (const auto* status : {"success", "partial", "failed", "cancelled"}) {
      const auto found = counters.ended_by_status.find(status);
      const auto count = found == counters.ended_by_status.end() ? 0 : found->second;
      writer.sample(double(count), {{"status", status}});
      total += count;
    }
    writer.begin("gannet_execution_duration_seconds", Type::histogram, "How long scans took.");
    for (const auto& [bound, count] : counters.ended_within)
      writer.sample_of("_bucket", double(count), {{"le", fmt::format("{}", bound)}});
    writer.sample_of("_bucket", double(total), {{"le", "+Inf"}});
    writer.sample_of("_sum", counters.seconds_total, {});
    writer.sample_of("_count", double(total), {});
    writer.counter("gannet_lock_failures_total", "Locks of schedules that somebody else kept.", double(counters.lock_failures));
    // The names that guide 001 prints.
    const auto count_of = [&](const char* status) {
      const auto found = counters.ended_by_status.find(status);
      return found == counters.ended_by_status.end() ? 0.0 : double(found->second);
    };
    writer.counter("techscaniq_scans_total", "The same as the sum of gannet_executions_total.", double(total));
    writer.counter("scans_failed_total", "The same as gannet_executions_total of failed.", count_of("failed"));
  }
  writer.gauge("techscaniq_active_configs", "The same as gannet_schedules of enabled.", double(numbers_.schedules_enabled));
  writer.gauge("queue_depth", "Jobs that wait, in all queues.", double(depth));
}

}  // namespace gannet::app
