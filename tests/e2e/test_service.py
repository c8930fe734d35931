"""`gannet serve` as an operator meets it: on SQLite alone, and on PostgreSQL with Redis."""

import json
import os
import signal
import subprocess
import time

import pytest
from harness.gannet import Gannet, binary
from harness.processes import descendants, eventually
from harness.service import Service

SCAN_SECONDS = 90

WEEKLY = {"domain": "https://example.com", "domain_config_id": "550e8400-e29b-41d4-a716-446655440000", "scan_type": "deep",
          "scan_params": {"max_pages": 10000, "chunk_size": 1000, "browser_pool_size": 5, "pages_per_browser": 20},
          "frequency": "weekly", "time_config": {"day_of_week": "monday", "hour": 2, "minute": 0}, "enabled": True}


@pytest.fixture(params=["sqlite", "postgres"])
def make_service(request, server, tmp_path):
    """Instances that share one installation; they scan the test server's sites."""
    environment = {}
    if request.param == "postgres":
        redis = request.getfixturevalue("redis")
        environment = {"DATABASE_URL": request.getfixturevalue("postgres").create_database(), "REDIS_HOST": "127.0.0.1",
                       "REDIS_PORT": str(redis.port)}
    scans = Gannet(server, tmp_path / "data")
    made = []

    def make(**more) -> Service:
        service = Service(tmp_path / "data", {**environment, **more}, tuple(scans.site_arguments()))
        made.append(service)
        return service.start()

    make.url = scans.url
    yield make
    for service in made:
        service.kill()
        assert "ThreadSanitizer" not in service.text() and "AddressSanitizer" not in service.text(), service.text()


def wait_for_execution(service: Service, schedule_id: str) -> dict:
    found = []

    def has_ended() -> bool:
        found[:] = service.get(f"/api/v1/schedules/{schedule_id}/executions")
        return bool(found) and found[0]["status"] != "started"

    eventually(has_ended, SCAN_SECONDS, f"a run of the schedule ends\n{service.text()}")
    return found[0]


def test_a_scheduled_scan_visits_the_page_and_its_history_is_true(make_service):
    service = make_service()
    url = make_service.url("plain.test")
    schedule = service.post("/api/v1/schedules", {"domain": url, "domain_config_id": "abc-123", "scan_type": "quick", "scan_params": {"consent_states": ["untouched"]},
                                                  "frequency": "custom", "time_config": {"cron": "*/2 * * * * *"}})
    execution = wait_for_execution(service, schedule["schedule_id"])
    assert execution["status"] in ("success", "partial", "failed")
    read = service.get(f"/api/v1/schedules/{schedule['schedule_id']}")
    assert read["last_status"] is not None and read["last_run"] is not None and read["next_run"] > read["last_run"]
    scan = service.get(f"/api/v1/scans/{execution['scan_id']}")
    assert (scan["status"], scan["schedule_id"]) == (execution["status"], schedule["schedule_id"])
    document = service.get(f"/api/v1/reports/{execution['scan_id']}?format=json")
    assert document["scan_id"] == execution["scan_id"]
    service.post(f"/api/v1/schedules/{schedule['schedule_id']}/pause", {"reason": "seen enough"}, status=200)
    assert service.command("doctor").stdout.endswith("in order\n")
    assert service.stop() == 0, service.text()


def test_a_scan_that_was_asked_for_sees_the_cookies_of_the_page(make_service):
    service = make_service()
    scan = service.post("/api/v1/scans", {"domain": make_service.url("shop-leaky.test"), "params": {"consent_states": ["untouched"]}})
    assert scan["status"] == "pending"
    path = f"/api/v1/scans/{scan['scan_id']}"
    eventually(lambda: service.get(path)["status"] not in ("pending", "running"), SCAN_SECONDS, "the scan ends")
    ended = service.get(path)
    assert ended["status"] == "success", (ended, service.text())
    document = service.get(f"/api/v1/reports/{scan['scan_id']}?format=json")
    assert document["states"]["untouched"]["cookies"], "the page sets cookies before consent"
    assert ended["cookie_count"] == len(document["states"]["untouched"]["cookies"])
    assert service.command("scans", "--format", "json").stdout.count(scan["scan_id"]) == 1
    assert service.request("DELETE", path).status == 204
    assert service.request("GET", path).status == 404
    assert scan["scan_id"] not in service.command("scans", "--format", "json").stdout, "the evidence goes with it"


def test_the_weekly_example_of_guide_000_reads_back_and_is_exported_and_imported(make_service, tmp_path):
    service = make_service()
    made = service.post("/api/v1/schedules", WEEKLY)
    assert {name: made[name] for name in WEEKLY} == WEEKLY
    exported = tmp_path / "schedules.json"
    service.command("schedules", "export", str(exported))
    assert "0 schedules created, 1 were there already" in service.command("schedules", "import", str(exported)).stdout
    assert service.request("DELETE", f"/api/v1/schedules/{made['schedule_id']}").status == 204
    assert "1 schedules created, 0 were there already" in service.command("schedules", "import", str(exported)).stdout
    again = service.get(f"/api/v1/schedules/{made['schedule_id']}")
    assert {name: again[name] for name in WEEKLY} == WEEKLY
    page_of_several = tmp_path / "page.json"
    page_of_several.write_text(json.dumps({"items": [again], "total": 101}))
    refused = service.command("schedules", "import", str(page_of_several), check=False)
    assert refused.returncode != 0 and "one page of several" in refused.stderr


def test_an_export_brings_back_all_that_was_decided_about_a_schedule(make_service, tmp_path):
    service = make_service()
    decided = {**WEEKLY, "domain_config_id": "abc-123", "name": "Shop", "description": "Weekly", "timezone": "Europe/Berlin",
               "misfire_policy": "window", "misfire_grace_seconds": 77, "misfire_max": 3, "overlap_policy": "queue", "max_instances": 2,
               "timeout_seconds": 900, "attempts_max": 4, "jitter_seconds": 30, "priority": 5,
               "blackouts": [{"from": "2027-01-01T00:00:00Z", "until": "2027-01-02T00:00:00Z"}]}
    made = service.post("/api/v1/schedules", decided)
    path = f"/api/v1/schedules/{made['schedule_id']}"
    before = service.post(path + "/pause", {"reason": "relaunch"}, status=200)
    exported = tmp_path / "schedules.json"
    service.command("schedules", "export", str(exported))
    assert service.request("DELETE", path).status == 204
    service.command("schedules", "import", str(exported))
    after = service.get(path)
    told_anew = {"created_at", "updated_at", "paused_at", "version"}
    assert {k: v for k, v in after.items() if k not in told_anew} == {k: v for k, v in before.items() if k not in told_anew}
    exported.write_text(json.dumps([{**WEEKLY, "prioritty": 5}]))
    refused = service.command("schedules", "import", str(exported), check=False)
    assert refused.returncode != 0 and "schedule 1" in refused.stderr and "prioritty" in refused.stderr


def test_a_killed_instance_leaves_nothing_started(make_service):
    """The next instance takes over what the dead one was at: the same scan ends once, with a result."""
    service = make_service()
    scan = service.post("/api/v1/scans", {"domain": make_service.url("shop-leaky.test"), "params": {"consent_states": ["untouched"]}})
    path = f"/api/v1/scans/{scan['scan_id']}"
    eventually(lambda: service.get(path)["status"] == "running", SCAN_SECONDS, "the scan runs")
    service.kill()
    second = make_service()
    eventually(lambda: second.get(path)["status"] not in ("pending", "running"), SCAN_SECONDS, "the next instance ends the scan")
    assert second.get(path)["status"] == "success", second.text()
    assert second.command("doctor").stdout.endswith("in order\n")


def test_reload_reads_settings_and_opens_logs_again_without_refusing_a_request(make_service, tmp_path):
    logs = tmp_path / "logs"
    service = make_service(LOG_DIR=str(logs))
    (logs / "api.log").rename(logs / "api.log.1")
    service.process.send_signal(signal.SIGHUP)
    for _ in range(20):
        assert service.request("GET", "/health", token="").status == 200
    eventually(lambda: (logs / "api.log").exists() and "/health" in (logs / "api.log").read_text(), 10, "the new file is written to")
    assert "Enhanced scheduler started successfully" in (logs / "scheduler.log").read_text()
    assert "settings were read again" in (logs / "scheduler.log").read_text()


def test_reload_says_what_takes_effect_and_what_waits_for_the_next_start(tmp_path):
    file = tmp_path / "gannet.conf"
    file.write_text("LOG_LEVEL=warning\n")
    service = Service(tmp_path / "data", {}, ("--config", str(file))).start()
    try:
        assert "Gannet is at" in service.output[0] and not service.log
        for text, told in (("LOG_LEVEL=info\nRETENTION_SCANS=7d\nMAX_WORKERS=3\n",
                            "settings were read again; changed: LOG_LEVEL, RETENTION_SCANS; waiting for the next start: MAX_WORKERS"),
                           ("LOG_LEVEL=loud\n", "the settings stay as they were"),
                           ("LOG_LEVEL=info\nRETENTION_SCANS=7d\n", "changed: none; waiting for the next start: none")):
            file.write_text(text)
            service.process.send_signal(signal.SIGHUP)
            eventually(lambda told=told: any(told in line for line in service.log), 10, f"'{told}' is logged\n{service.text()}")
    finally:
        service.kill()


def test_health_tells_of_a_browser_that_died_and_the_next_scan_has_another(make_service):
    service = make_service()
    component = lambda: service.get("/health", token="")["components"]["browser"]
    assert component()["state"] == "healthy"
    browsers = [pid for pid, line in descendants(service.process.pid).items() if "--remote-debugging-pipe" in line]
    for pid in browsers:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: component()["state"] == "degraded", 20, "health says that the browser is gone")
    scan = service.post("/api/v1/scans", {"domain": make_service.url("plain.test"), "params": {"consent_states": ["untouched"]}})
    path = f"/api/v1/scans/{scan['scan_id']}"
    eventually(lambda: service.get(path)["status"] not in ("pending", "running"), SCAN_SECONDS, "the scan ends")
    assert service.get(path)["status"] == "success", service.text()
    eventually(lambda: component()["state"] == "healthy", 20, "health says that there is another")


def test_selftest_prints_the_tiers_of_guide_000(make_service):
    service = make_service()
    done = service.command("selftest", "--api-url", service.url, "--token", service.make_token("admin"), "--domain",
                           make_service.url("shop-leaky.test"), seconds=SCAN_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + service.text()
    for line in ("Three-Tier Scanning System Tests", "TIER 3: Scheduled Scan Test", "PASS: Scan type: quick", "OVERALL: 2/2 tiers passed"):
        assert line in done.stdout
    wrong = service.command("selftest", "--api-url", service.url, "--token", "nonsense", check=False)
    assert wrong.returncode == 1 and "FAIL" in wrong.stdout


def test_a_second_service_on_one_data_folder_is_refused_and_names_the_first(server, tmp_path):
    first = Service(tmp_path / "data").start()
    try:
        second = subprocess.run([*first.process.args], env=first.variables(), capture_output=True, text=True, timeout=30)
        assert second.returncode != 0
        assert f"process {first.process.pid}" in second.stderr and "--data-dir" in second.stderr
    finally:
        first.kill()


def test_a_feed_that_is_wanted_without_an_address_is_refused_at_start(tmp_path):
    done = Service(tmp_path / "data", {"ENABLE_API_SYNC": "true"}).command("serve", check=False)
    assert done.returncode == 2
    assert "feed: API_URL is not set" in done.stderr


def test_a_service_that_is_asked_to_end_while_it_starts_ends_at_once(tmp_path):
    service = Service(tmp_path / "data")
    process = subprocess.Popen([str(binary()), "serve"], env=service.variables(), stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Schedule watcher initialized" in line:  # The browser starts now.
            process.send_signal(signal.SIGTERM)
            break
    assert process.wait(timeout=20) == 0
    assert "asked to end" in process.stderr.read()


def test_a_database_that_is_away_at_start_is_named_without_its_password(tmp_path):
    started = time.monotonic()
    done = Service(tmp_path / "data", {"DATABASE_URL": "postgresql://gannet:secret-word@127.0.0.1:1/none"}).command("serve", check=False)
    assert done.returncode != 0 and time.monotonic() - started < 60
    assert "Database pool not initialized" in done.stderr and "secret-word" not in done.stderr
