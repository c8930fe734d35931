"""docs/guides.md row by row: what it says to type is typed here, on a real service. And what guides 000 and 002 print is run as printed
(the folder `printed`), on PostgreSQL, for which it is written."""

import json
import os
import re
import shlex
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from harness.gannet import ROOT, Gannet, binary
from harness.processes import eventually
from harness.servers import Postgres
from harness.service import Service

PRINTED = Path(__file__).parent / "printed"
SCAN_SECONDS = 90


def read_rows() -> list[tuple[str, str]]:
    """What the guides print, and what to type."""
    lines = (ROOT / "docs" / "guides.md").read_text().splitlines()
    cells = [re.split(r"(?<!\\)\|", line)[1:3] for line in lines if line.startswith("| ")]
    return [(printed.strip(), typed.strip()) for printed, typed in cells[1:]]


ROWS = read_rows()
TESTED: set[str] = set()


def row(*parts: str):
    """Marks the test of the rows whose first columns hold `parts`; it gets what the second column of each puts in backquotes."""
    found = []
    for part in parts:
        rows = [(printed, typed) for printed, typed in ROWS if part in printed]
        assert len(rows) == 1, f"{len(rows)} rows of docs/guides.md print {part}"
        found += rows
    TESTED.update(printed for printed, _ in found)
    return pytest.mark.parametrize("typed", [re.findall(r"`([^`]+)`", typed) for _, typed in found], ids=parts)


def printed(guide: str, title: str) -> str:
    """The block under that heading."""
    found = re.search(rf"^## {re.escape(title)}\n```\w*\n(.*?)^```", (PRINTED / f"guide_{guide}.md").read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"guide {guide} has no block '{title}'"
    return found[1].strip()


class Terminal:
    """A shell in a folder that looks like the top of the tree; `gannet` is the binary under test, and the service's settings are exported."""

    def __init__(self, folder: Path, service: Service):
        self.folder, self.service = folder, service
        programs = folder / "bin"
        if not programs.exists():
            programs.mkdir(parents=True)
            (programs / "gannet").symlink_to(binary())
            for name in ("database", "deploy"):
                (folder / name).symlink_to(ROOT / name)
        url = service.environment.get("DATABASE_URL", "")
        self.variables = {**service.variables(), "PATH": f"{programs}:{os.environ['PATH']}"}
        if found := re.fullmatch(r"postgresql://(\w+)@([\d.]+):(\d+)/(\w+)", url):
            self.user, self.variables["PGHOST"], self.variables["PGPORT"], self.database = found.groups()

    def type(self, command: str, **instead: str) -> str:
        """Standard output of the command, which must go well, with the guides' placeholders filled."""
        if self.service.url:
            command = command.replace("http://localhost:8000", self.service.url)
        if "TOKEN" in command:
            command = re.sub(r"\b(YOUR_JWT_|YOUR_)?TOKEN\b", self.service.make_token("admin"), command)
        for placeholder, value in instead.items():
            command = command.replace(placeholder, value)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SCAN_SECONDS)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}\n{self.service.text() if self.service.url else ''}"
        return done.stdout

    def ask(self, command: str, **instead: str):
        """What `curl` gets, as JSON."""
        return json.loads(self.type(command, **instead))

    def sql(self, text: str, **instead: str) -> list[list[str]]:
        for placeholder, value in instead.items():
            text = text.replace(placeholder, value)
        return Postgres.psql(text, url=self.service.environment["DATABASE_URL"])


class Feed(BaseHTTPRequestHandler):
    """The external API of guide 002."""

    def do_GET(self):
        body = printed("002", "api schedule format").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def feed_url():
    feed = HTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=feed.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{feed.server_port}/schedules"
    feed.shutdown()
    thread.join()
    feed.server_close()


@pytest.fixture
def make_terminal(postgres, redis, server, tmp_path):
    """Terminals on one new database; `serve` starts an instance of the service, else there is none yet."""
    environment = {"DATABASE_URL": postgres.create_database(), "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port),
                   "JWT_SECRET_KEY": "k" * 32, "ALLOW_NET": "127.0.0.0/8"}
    scans = Gannet(server, tmp_path / "data")
    made = []

    def make(*, serve: bool = True, arguments: tuple[str, ...] = (), **more: str) -> Terminal:
        service = Service(tmp_path / "data", {**environment, **more}, (*arguments, *scans.site_arguments()))
        made.append(service)
        return Terminal(tmp_path / "tree", service.start() if serve else service)

    make.url = scans.url
    yield make
    for service in made:
        if hasattr(service, "process"):
            service.kill()


def serve_arguments(command: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The settings before, and the arguments after `gannet serve`; port 8000 may be taken on this machine."""
    words = shlex.split(command)
    at = words.index("gannet")
    assert words[at + 1] == "serve"
    return dict(word.split("=", 1) for word in words[:at]), tuple("0" if word == "8000" else word for word in words[at + 2:])


def test_every_row_is_run_by_a_test():
    assert {printed for printed, _ in ROWS} == TESTED


@row("005_schedule_scan_types.sql")
def test_a_database_made_by_the_guides_own_ddl_is_migrated_by_psql_and_adopted(make_terminal, typed):
    terminal = make_terminal(serve=False)
    schedule, execution, site = (str(uuid.uuid4()) for _ in range(3))
    terminal.sql("CREATE TABLE scan_profiles (profile_id UUID PRIMARY KEY, name VARCHAR(255) NOT NULL);"
                 + printed("002", "schedules table") + printed("002", "job executions table"))
    terminal.sql(f"""INSERT INTO schedules (schedule_id, domain_config_id, domain, frequency, time_config, last_run, last_status)
                     VALUES ('{schedule}', '{site}', 'example.com', 'weekly', '{{"day": "monday", "hour": 2, "minute": 0}}', '2026-11-23 02:00:00', 'success');
                     INSERT INTO job_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at, duration_seconds)
                     VALUES ('{execution}', '{schedule}', 'example.com', 'example.com', '{site}', 'success', '2026-11-23 02:00:00', '2026-11-23 02:00:30', 30)""")
    terminal.type(printed("000", "apply migration"), your_user=terminal.user, your_database=terminal.database)
    columns = {name: (kind, default, nullable) for name, kind, default, nullable in terminal.sql(printed("000", "verify columns"))}
    assert columns["scan_type"][0] == "character varying" and columns["scan_type"][1].startswith("'quick'") and columns["scan_type"][2] == "NO"
    assert columns["scan_params"][0] == "jsonb" and columns["scan_params"][1].startswith("'{}'") and columns["scan_params"][2] == "YES"
    terminal.type(typed[0])
    terminal.service.start()
    path = f"/api/v1/schedules/{schedule}"
    eventually(lambda: terminal.service.get(path)["next_run"] is not None, 20, "the adopted schedule gets its next run")
    read = terminal.service.get(path)
    assert (read["domain"], read["scan_type"], read["enabled"], read["last_status"]) == ("example.com", "quick", True, "success")
    assert read["last_run"].startswith("2026-11-23T02:00:00") and read["time_config"] == {"day": "monday", "hour": 2, "minute": 0}
    assert [run["execution_id"] for run in terminal.service.get(path + "/executions")] == [execution]


@row("run_migrations.py")
def test_migrations_are_applied_and_listed(make_terminal, typed):
    terminal = make_terminal(serve=False)
    migrate, status = typed
    terminal.type(migrate)
    lines = terminal.type(status)
    assert "schedule_scan_types" in lines and "pending" not in lines
    assert sorted(row[0] for row in terminal.sql(printed("000", "check migration"))) == ["scan_params", "scan_type"]


@row("pip install")
def test_what_run_installs_is_installed(typed):
    assert typed == ["./run"]
    script = f"root={shlex.quote(str(ROOT))}; . tools/setup.sh; missing_packages run; ldd {shlex.quote(str(binary()))} | grep 'not found' || true"
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "" and done.stderr == ""


def shown_settings(terminal: Terminal, command: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in terminal.type(command).splitlines()]
    return dict(line.split("=", 1) for line in lines if "=" in line)


@row("export DATABASE_URL")
def test_the_printed_environment_is_understood(make_terminal, typed):
    terminal = make_terminal(serve=False)
    exports = printed("000", "environment")
    shown = shown_settings(terminal, f"{exports}\n{typed[0]}")
    assert shown["API_HOST"] == "0.0.0.0" and shown["API_PORT"] == "8000" and shown["MAX_WORKERS"] == "10"
    assert shown["REDIS_HOST"] == "localhost" and shown["ENABLE_API_SYNC"] == "false" and "password" not in shown["DATABASE_URL"]
    # Of guide 002 it is a file.
    (terminal.folder / ".env").write_text(printed("002", "environment") + "\n")
    (terminal.folder / ".env").chmod(0o600)
    for name in terminal.service.environment:
        terminal.variables.pop(name)
    shown = shown_settings(terminal, typed[0])
    assert shown["MAX_WORKERS"] == "5" and shown["JOB_REPLACE_EXISTING_INSTANCE"] == "true" and shown["REDIS_PASSWORD"] == ""
    assert shown["API_URL"] == "http://api.example.com/schedules" and shown["REQUEST_TIMEOUT"].startswith("10")


@row("enable_api_sync", "browser_pool_size")
def test_arguments_of_the_guides_classes_are_settings(make_terminal, typed):
    terminal = make_terminal(serve=False)
    for words in typed:
        name, _, value = words.partition("=")
        value = value or {"ENABLE_API_SYNC": "true", "API_SYNC_INTERVAL": "301", "SCHEDULE_CHECK_INTERVAL": "61"}.get(name, "7")
        shown = shown_settings(terminal, f"{name}={value} gannet config")[name]
        assert shown.split()[0] == value, f"{name} is {shown}"


@row("asyncpg.create_pool")
def test_a_pool_is_as_large_as_it_was_told(make_terminal, typed):
    settings = dict(words.split("=") for words in typed)
    terminal = make_terminal(**settings)
    [[connections]] = terminal.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    assert int(settings["DATABASE_POOL_MIN_SIZE"]) <= int(connections) <= int(settings["DATABASE_POOL_MAX_SIZE"])


@row("--host 0.0.0.0 --port 8000")
def test_the_api_serves_alone(make_terminal, typed):
    settings, arguments = serve_arguments(typed[0])
    terminal = make_terminal(arguments=arguments, **settings)
    health = terminal.ask(printed("000", "api is running"))
    assert health["status"] == "ok" and health["components"]["database"]["state"] == "healthy"
    assert "swagger-ui" in terminal.type(printed("000", "endpoints are available"))
    assert "/api/v1/schedules" in terminal.service.get("/openapi.json")["paths"]
    assert not any("scheduler started" in line for line in terminal.service.log)


@row("services.enhanced_scheduler")
def test_the_scheduler_starts_with_the_printed_lines(make_terminal, typed, tmp_path):
    fleet, alone = (serve_arguments(command) for command in typed)
    both = (make_terminal(arguments=fleet[1]), make_terminal(arguments=alone[1], DATABASE_URL="", GANNET_DATA_DIR=str(tmp_path / "alone")))
    for terminal in both:
        log = iter(terminal.service.log)
        for line in printed("000", "scheduler output").splitlines():
            assert any(f"INFO - {line}" in logged for logged in log), f"'{line}' is missing, or out of order\n{terminal.service.text()}"
    assert both[0].service.url == "" and both[1].service.url != ""


@row("--workers 4")
def test_more_workers_are_more_processes(make_terminal, typed):
    settings, arguments = serve_arguments("gannet serve " + typed[0])
    first, second = (make_terminal(arguments=arguments, **settings) for _ in range(2))
    made = first.ask(printed("000", "daily quick scan"))
    assert second.service.get(f"/api/v1/schedules/{made['schedule_id']}") == first.service.get(f"/api/v1/schedules/{made['schedule_id']}")


@row("cp deployment/scheduler.service")
def test_units_are_what_systemd_understands(make_terminal, typed):
    terminal = make_terminal(serve=False)
    for unit in (ROOT / "deploy" / "systemd").iterdir():
        source, target = typed[0].replace("scheduler.service", unit.name).split()[1:]
        assert target == "/etc/systemd/system/"
        # Elsewhere than on a server the program is not installed.
        text = (terminal.folder / source).read_text().replace("/usr/local/bin/gannet", str(binary()))
        (terminal.folder / unit.name).write_text(text)
        terminal.type(f"systemd-analyze verify --man=no ./{unit.name}")


@row("tail -f logs/scheduler.log")
def test_logs_are_followed_in_the_folder_logs(make_terminal, typed):
    settings, arguments = serve_arguments(typed[0])
    settings["LOG_DIR"] = str(make_terminal(serve=False).folder / settings["LOG_DIR"])
    terminal = make_terminal(arguments=arguments, **settings)
    follow = subprocess.Popen(["tail", "-f", "logs/scheduler.log"], cwd=terminal.folder, stdout=subprocess.PIPE, text=True)
    assert any("Enhanced scheduler started successfully" in line for line in follow.stdout)
    assert terminal.service.stop() == 0
    assert any(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - scheduler - INFO - stopped\n", line) for line in follow.stdout)
    follow.kill()
    follow.wait()
    assert terminal.type("tail -100 logs/scheduler.log | grep -c ERROR || true").strip() == "0"


@row("ps aux", "redis_client.ping()")
def test_health_says_what_ps_and_ping_said(make_terminal, typed):
    health = make_terminal().ask(typed[0])
    states = {name: component["state"] for name, component in health["components"].items()}
    assert health["status"] == "ok" and states["database"] == states["redis"] == states["scheduler"] == "healthy"


@row("test_three_tier_system.py")
def test_selftest_takes_a_token_of_the_token_command(make_terminal, typed):
    said = make_terminal().type(f"{typed[0]} --api-url http://localhost:8000 --domain {make_terminal.url('plain.test')}")
    assert "Three-Tier Scanning System Tests" in said and "FAIL" not in said


def settled(schedule: dict) -> dict:
    return {name: schedule[name] for name in ("domain", "domain_config_id", "scan_type", "scan_params", "frequency", "time_config", "enabled")}


def body_of(curl: str) -> dict:
    return json.loads(re.search(r"-d '(.*)'", curl, re.DOTALL)[1])


def make_the_three(terminal: Terminal) -> dict[str, dict]:
    """The schedules that guide 000 makes."""
    return {title: terminal.ask(printed("000", title)) for title in ("daily quick scan", "weekly deep scan", "hourly quick scan")}


@row("curl http://localhost:8000/api/v1/")
def test_curl_lines_run_as_printed_and_read_back(make_terminal, typed):
    terminal = make_terminal()
    made = make_the_three(terminal)
    for title, schedule in made.items():
        assert settled(schedule) == body_of(printed("000", title))
        assert terminal.ask(printed("000", "schedule details"), **{"{schedule_id}": schedule["schedule_id"]}) == schedule
    ids = {title: schedule["schedule_id"] for title, schedule in made.items()}
    listed = lambda title: {item["schedule_id"] for item in terminal.ask(printed("000", title))["items"]}
    assert listed("list enabled schedules") == set(ids.values())
    assert listed("list deep schedules") == {ids["weekly deep scan"]}


def add_runs(terminal: Terminal, schedule: str) -> None:
    """Three of the last hour and one of a hundred days ago, as a program that knows guide 002's table writes them."""
    for number, (status, age, seconds, error) in enumerate([("success", "40 minutes", 30, None), ("success", "30 minutes", 50, None),
                                                            ("failed", "20 minutes", 10, "refused"), ("failed", "100 days", 10, "old")]):
        terminal.sql(f"""INSERT INTO job_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at,
                           duration_seconds, error_message)
                         SELECT '00000000-0000-4000-8000-00000000000{number}', schedule_id, 'job', domain, domain_config_id, '{status}',
                           NOW() - INTERVAL '{age}', NOW() - INTERVAL '{age}' + INTERVAL '{seconds} seconds', {seconds}, {f"'{error}'" if error else 'NULL'}
                         FROM schedules WHERE schedule_id = '{schedule}'""")


def test_queries_of_the_guides_give_the_right_rows(make_terminal):
    terminal = make_terminal()
    made = make_the_three(terminal)
    daily = made["daily quick scan"]["schedule_id"]
    add_runs(terminal, daily)
    newest_first = [row[0] for row in terminal.sql(printed("000", "all schedules with status"))]
    assert newest_first == [schedule["schedule_id"] for schedule in reversed(made.values())]
    assert sorted(terminal.sql(printed("000", "count schedules by type"))) == [["deep", "1"], ["quick", "2"]]
    recent = terminal.sql(printed("000", "recent execution history"))
    assert [row[1:] for row in recent] == [["example.com", "quick", status, seconds] for status, seconds in
                                           (("failed", "10"), ("success", "50"), ("success", "30"), ("failed", "10"))]
    assert [row[3] for row in terminal.sql(printed("000", "failed executions"))] == ["refused", "old"]
    assert terminal.sql(printed("000", "schedule is enabled"), YOUR_ID=daily) == [[daily, "t"]]
    [[_, frequency, time_config]] = terminal.sql(printed("000", "time configuration"), YOUR_ID=daily)
    assert frequency == "daily" and json.loads(time_config) == {"hour": 9, "minute": 0}
    assert len(terminal.sql(printed("002", "schedules are enabled"))) == 3
    assert terminal.type(printed("000", "database connection")).split()[2] == "1"
    assert terminal.type(printed("000", "redis connection")) == "PONG\n"


@row("pg_dump")
def test_a_backup_is_made_and_restored_as_printed(make_terminal, typed):
    """With all data gone, and with the tables gone."""
    terminal = make_terminal(RETENTION_EXECUTIONS="1000d")
    made = make_the_three(terminal)
    add_runs(terminal, made["daily quick scan"]["schedule_id"])
    names = {"-U user": f"-U {terminal.user}", "-d dbname": f"-d {terminal.database}"}
    counts = lambda: terminal.sql("SELECT (SELECT count(*) FROM schedules), (SELECT count(*) FROM schedule_executions), (SELECT count(*) FROM job_executions)")
    before = counts()
    terminal.type(printed("000", "backup"), **names)
    for loss in ("DELETE FROM schedule_executions; DELETE FROM schedules", "DROP TABLE schedules, schedule_executions CASCADE"):
        assert terminal.service.stop() == 0
        terminal.sql(loss)
        terminal.type(printed("000", "restore") + " 2>&1", **names)
        terminal.service.start()
        assert counts() == before == [["3", "4", "4"]]
        for schedule in made.values():
            assert settled(terminal.service.get(f"/api/v1/schedules/{schedule['schedule_id']}")) == settled(schedule)
        assert len(terminal.service.get(f"/api/v1/schedules/{made['daily quick scan']['schedule_id']}/executions")) == 4


@row("import_schedules.py")
def test_the_page_that_curl_saved_is_imported(make_terminal, typed):
    terminal = make_terminal()
    made = make_the_three(terminal)
    imported, exported = typed
    for save in (printed("000", "backup by the api"), exported + " schedules_backup.json"):
        terminal.type(save)
        for schedule in made.values():
            assert terminal.service.request("DELETE", f"/api/v1/schedules/{schedule['schedule_id']}").status == 204
        assert terminal.type(imported) == "3 schedules created, 0 were there already\n"
        for schedule in made.values():
            assert settled(terminal.service.get(f"/api/v1/schedules/{schedule['schedule_id']}")) == settled(schedule)


@row("DELETE FROM schedule_executions")
def test_old_history_is_cleaned_by_sql_and_by_a_command(make_terminal, typed):
    terminal = make_terminal()
    add_runs(terminal, make_the_three(terminal)["daily quick scan"]["schedule_id"])
    count = lambda: terminal.sql("SELECT count(*) FROM schedule_executions")
    assert count() == [["4"]]
    terminal.sql(printed("000", "clean old history"))
    assert count() == [["3"]]
    terminal.sql("UPDATE job_executions SET started_at = started_at - INTERVAL '31 days' WHERE status = 'success'")
    assert terminal.type(typed[0]) == "Deleted 2 old execution records\n"
    assert count() == [["1"]]
    assert typed[1] in shown_settings(terminal, "gannet config")


@row("repo.create_schedule")
def test_schedules_are_made_edited_and_deleted_as_by_the_repository(make_terminal, typed):
    service = make_terminal().service
    path = typed[2].split()[1]
    made = service.post(path, {"domain_config_id": "abc-123", "domain": "example.com", "frequency": "daily", "time_config": {"hour": 2, "minute": 0},
                               "enabled": True})
    edit = {"frequency": "weekly", "time_config": {"day": "monday", "hour": 2, "minute": 0}}
    edited = service.request(typed[1], f"{path}/{made['schedule_id']}", edit).json()
    assert (edited["domain_config_id"], edited["domain"]) == ("abc-123", "example.com")
    assert edited["frequency"] == "weekly" and edited["time_config"]["hour"] == 2 and edited["version"] > made["version"]
    assert service.request("DELETE", f"{path}/{made['schedule_id']}").status == 204
    assert service.request("GET", f"{path}/{made['schedule_id']}").status == 404


@row("get_recent_executions", "get_executions_by_schedule", "get_execution_statistics", "cleanup_old_executions")
def test_history_answers_what_the_guides_functions_did(make_terminal, typed):
    terminal = make_terminal()
    daily = make_the_three(terminal)["daily quick scan"]["schedule_id"]
    add_runs(terminal, daily)
    said = terminal.type(typed[0], ID=daily)
    if "--cleanup" in typed[0]:
        assert said == "Deleted 1 old execution records\n"
    elif "--statistics" in typed[0]:
        statistics = json.loads(said)
        assert (statistics["total_executions"], statistics["successful"], statistics["failed"]) == (3, 2, 1)
        assert statistics["success_rate"] == pytest.approx(66.7, abs=0.1) and statistics["avg_duration"] == 30
        assert (statistics["min_duration"], statistics["max_duration"]) == (10, 50)
    else:
        assert said.count("success") == 2 and said.count("refused") == 1 and said.count("old") == ("--schedule" in typed[0])


@row("sync_schedules_from_api")
def test_the_printed_feed_is_synced(make_terminal, typed, feed_url):
    terminal = make_terminal(API_URL=feed_url)
    assert terminal.ask(typed[0]) == {"created": 1, "updated": 0, "skipped": 0}
    assert terminal.ask(typed[0]) == {"created": 0, "updated": 0, "skipped": 1}
    [schedule] = terminal.service.get("/api/v1/schedules")["items"]
    assert (schedule["domain"], schedule["domain_config_id"], schedule["scan_type"]) == ("example.com", "abc-123", "deep")
    assert (schedule["frequency"], schedule["time_config"], schedule["description"]) == ("daily", {"hour": 2, "minute": 0}, "Example domain")
    assert schedule["scan_params"]["max_pages"] == 50 and schedule["scan_params"]["custom_pages"] == ["/page1", "/page2"]


@row("lock:schedule:*")
def test_locks_are_listed_with_owner_and_time_left(make_terminal, typed, redis):
    terminal = make_terminal()
    assert terminal.type(typed[0]) == "No schedule is locked.\n"
    key = f"lock:schedule:{uuid.uuid4()}"
    redis.command("set", key, "instance-7", "EX", "60")
    said = terminal.type(typed[0])
    assert key in said and "instance-7" in said and re.search(r"\b(5\d|60)\.\d s", said)
    redis.command("del", key)
