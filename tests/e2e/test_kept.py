"""What a scan leaves in the data folder: all that it should, nothing that it must not, and how it is looked after."""

import base64
import json
import random
import secrets
import shutil
import subprocess
from collections import Counter

import pytest
from harness import kept
from harness.gannet import EXIT_FAILED, EXIT_FINE, EXIT_USAGE, Gannet
from harness.processes import command_line, descendants, eventually
from harness.server import Response, TestServer
from sites.pieces import page, script

HOST = "keeper.test"
TRACKER = "tracker.test"
SECONDS = 60

PLANTED = ("start_query", "http_cookie", "script_cookie", "local_storage", "session_storage", "sent_query", "body", "form", "bearer",
           "request_header", "response_header", "etag", "redirect_query", "fragment", "path", "websocket_query", "console")

BODY = """
<h1>Shop</h1>
<iframe name="there" src="about:blank"></iframe>
<form id="f" method="post" action="/form" target="there"><input name="card" value="{form}"></form>
<script>
document.cookie = "by_script={script_cookie}; path=/";
localStorage.setItem("local", "{local_storage}");
sessionStorage.setItem("session", "{session_storage}");
console.log("{console}");
fetch("/collect?visitor={sent_query}", {{method: "POST", body: "field={body}",
  headers: {{"Authorization": "Bearer {bearer}", "X-Session": "{request_header}"}}}});
fetch("https://tracker.test:{{{{https}}}}/hop#{fragment}");
fetch("/u/{path}/me.json");
try {{ new WebSocket("wss://tracker.test:{{{{https}}}}/socket?key={websocket_query}"); }} catch (e) {{}}
document.getElementById("f").submit();
</script>
"""


class Shop:
    """A site that puts a secret of its own into every place where a value can be, and knows which of them it got back."""

    def __init__(self):
        self.secrets = {name: secrets.token_hex(16) for name in PLANTED}

    def routes(self):
        planted = self.secrets

        def answer(request):
            origin = request.exchange.headers.get("origin", "*")
            return Response("{}", type="application/json", cookies=[f"by_http={planted['http_cookie']}; Path=/"],
                            headers={"X-Token": planted["response_header"], "ETag": f'"{planted["etag"]}"',
                                     "Access-Control-Allow-Origin": origin})

        def hop(request):
            location = f"https://{TRACKER}:{request.server.https_port}/end?id={planted['redirect_query']}"
            return Response(status=302, headers={"Location": location, "Access-Control-Allow-Origin": "*"})

        shop = page(BODY.format(**planted))
        return {(HOST, "/"): shop, (HOST, "/collect"): answer, (HOST, "/form"): answer, (HOST, "/u/*"): answer,
                (HOST, "/other"): page("<h1>Other</h1><script src='/slow.js'></script>"), (HOST, "/slow.js"): script("1"),
                (TRACKER, "/hop"): hop, (TRACKER, "/end"): answer, (TRACKER, "/socket"): lambda request: Response(status=403)}


@pytest.fixture(scope="module")
def shop():
    return Shop()


@pytest.fixture(scope="module")
def shop_server(shop, tmp_path_factory):
    server = TestServer(tmp_path_factory.mktemp("keeper"), shop.routes(), {HOST, TRACKER})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def keeper(shop_server, tmp_path):
    runner = Gannet(shop_server, tmp_path / "data")
    yield runner
    runner.close()


def _scan(keeper, *arguments, path="/"):
    run = keeper.scan(keeper.url(HOST, path), "--states", "untouched", *arguments)
    assert run.document["status"] == "success", run
    return run


def _leaks(secrets_by_name, content: bytes) -> list[str]:
    lower = content.lower()
    return [name for name, secret in secrets_by_name.items()
            if secret.encode() in lower or base64.b64encode(secret.encode()).strip(b"=") in content]


def test_no_secret_of_a_site_is_kept_logged_or_reported(keeper, shop, tmp_path):
    run = _scan(keeper, "-v", path=f"/?token={shop.secrets['start_query']}")
    # They were all really there: what the server saw, and what the page did with the rest.
    seen = "\n".join(f"{e.path} {e.query} {e.headers} {e.body}" for e in keeper.server.log.exchanges())
    for name in ("start_query", "http_cookie", "script_cookie", "sent_query", "body", "form", "bearer", "request_header", "redirect_query",
                 "path", "websocket_query"):
        assert shop.secrets[name] in seen, name
    assert {entry["key"] for entry in run.state("untouched")["storage"]} >= {"local", "session"}

    places = {f"data/{name}": content for name, content in kept.everything(keeper.data_dir).items()}
    assert sum(HOST.encode() in content for content in places.values()) >= 2, "the search reads what is kept"
    scan_id = run.document["scan_id"]
    for report in ("text", "json", "html", "csv", "har", "sarif", "junit"):
        shown = keeper.run("show", scan_id, "--format", report)
        assert shown.exit_code == EXIT_FINE, shown
        places[f"show --format {report}"] = (shown.stdout + shown.stderr).encode()
    pdf = tmp_path / "report.pdf"
    assert keeper.run("report", scan_id, "--format", "pdf", "--out", str(pdf)).exit_code == EXIT_FINE
    places["report --format pdf"] = pdf.read_bytes() + subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True).stdout
    places["policy"] = keeper.run("policy", scan_id).stdout.encode()
    places["standard output"] = run.stdout.encode()
    places["standard error"] = run.stderr.encode()
    leaks = {place: found for place, content in places.items() if (found := _leaks(shop.secrets, content))}
    assert not leaks


def test_requests_are_kept_with_their_times_headers_and_sizes(keeper):
    _scan(keeper)
    visit, = kept.visits(keeper.data_dir)
    by_path = {request["url"].partition(f"{HOST}:")[2].partition("/")[2]: request for request in visit["requests"]
               if HOST in request["url"]}
    document = by_path[""]
    headers = {header["name"]: header["value"] for header in document["response_headers"]}
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["set-cookie"].startswith("<")
    assert "user-agent" in {header["name"] for header in document["request_headers"]}
    assert int(headers["content-length"]) == document["response_body_bytes"]
    timing = document["timing"]
    parts = sum(timing.get(part, 0) for part in ("blocked_ms", "dns_ms", "connect_ms", "send_ms", "wait_ms", "receive_ms"))
    assert parts == document["duration_ms"]
    assert timing["connect_ms"] >= timing["ssl_ms"] >= 0
    collected = by_path["collect?visitor=<32>"]
    assert collected["request_body_bytes"] == len("field=") + 32
    assert collected["started_ms"] >= document["started_ms"]


def test_the_banner_is_on_the_first_picture_and_not_on_the_last(gannet, sites):
    run = gannet.scan_site(sites["klaro"], states=("accepted",))
    visit, = kept.visits(gannet.data_dir)
    pictures = visit["screenshots"]
    assert set(pictures) == {"S0", "S3"}
    assert pictures["S0"]["sha256"] != pictures["S3"]["sha256"]
    for picture in pictures.values():
        assert (picture["media_type"], picture["width_pixels"], picture["height_pixels"]) == ("image/jpeg", 1366, 768)
    html = gannet.run("show", run.document["scan_id"], "--format", "html").stdout
    assert html.count("data:image/jpeg;base64,") >= 2, "the report shows them"
    assert sorted(len(bytes_) for bytes_ in kept.pictures(gannet.data_dir)) == sorted(p["size_bytes"] for p in pictures.values())


@pytest.mark.parametrize("wanted, pages", [("off", 0), ("start", 1), ("all", 2)])
def test_pictures_are_of_the_pages_that_were_asked_for(wanted, pages, keeper, tmp_path):
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"screenshots": wanted, "custom_pages": ["/other"]}))
    _scan(keeper, "--params", str(params))
    assert len([visit for visit in kept.visits(keeper.data_dir) if visit.get("screenshots")]) == pages


def test_a_backup_brings_everything_back(keeper, tmp_path):
    first = _scan(keeper).document["scan_id"]
    _scan(keeper, path="/other")
    file = tmp_path / "backup.tar.zst"
    backup = keeper.run("backup", str(file))
    assert backup.exit_code == EXIT_FINE, backup
    assert "2 scans, 2 visits" in backup.stdout
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    before = keeper.run("show", first, "--format", "json").stdout
    again = keeper.run("restore", str(file))
    assert again.exit_code == EXIT_FAILED and "already" in again.stderr, again
    shutil.rmtree(keeper.data_dir)
    restored = keeper.run("restore", str(file))
    assert restored.exit_code == EXIT_FINE, restored
    assert "2 scans, 2 visits" in restored.stdout
    assert keeper.run("show", first, "--format", "json").stdout == before
    assert oct((keeper.data_dir / "digest.key").stat().st_mode & 0o777) == "0o600"


def test_a_damaged_backup_is_refused_and_leaves_nothing(keeper, tmp_path):
    _scan(keeper)
    file = tmp_path / "backup.tar.zst"
    assert keeper.run("backup", str(file)).exit_code == EXIT_FINE
    whole = file.read_bytes()
    shutil.rmtree(keeper.data_dir)
    for damaged in (whole[:-100], whole[:len(whole) // 2], b"", whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]):
        file.write_bytes(damaged)
        run = keeper.run("restore", str(file))
        assert run.exit_code == EXIT_USAGE, run
        assert not list(keeper.data_dir.iterdir())


def test_reinspect_says_what_newer_rules_change_and_keeps_it(keeper, tmp_path):
    scan_id = _scan(keeper).document["scan_id"]
    shown = keeper.run("show", scan_id).stdout
    assert "Last judged" in shown and "the same verdict" in shown
    assert "the verdict is the same" in keeper.run("reinspect", "--all").stdout
    assert len(kept.files(keeper.data_dir, "judgements")) == 1, "the same judgement is not kept twice"
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"overrides": [{"name": "by_script", "category": "necessary", "description": "Ours."}]}))
    changed = keeper.run("reinspect", scan_id, "--rules", str(rules), "--format", "json")
    assert changed.exit_code == EXIT_FINE, changed
    change, = json.loads(changed.stdout)
    assert f"cookie by_script {HOST}" in change["categories"]
    assert len(kept.files(keeper.data_dir, "judgements")) == 2


def test_data_says_how_much_is_kept_and_prune_removes_nothing_young(keeper):
    _scan(keeper)
    sizes = json.loads(keeper.run("data", "--format", "json").stdout)["kept"]
    assert sizes["visits"]["files"] == 1
    assert sizes["visits"]["size_bytes"] == sum(path.stat().st_size for path in kept.files(keeper.data_dir, "visits"))
    assert sizes["screenshots"]["files"] >= 1
    assert sizes["database"]["size_bytes"] > 0
    assert "Would remove 0 scans" in keeper.run("prune", "--dry-run").stdout
    assert "Removed 0 scans" in keeper.run("prune").stdout
    assert json.loads(keeper.run("data", "--format", "json").stdout)["kept"]["visits"] == sizes["visits"]


@pytest.mark.parametrize("arguments", [("prune", "--visits-days", "0"), ("prune", "--screenshots-days", "x"), ("reinspect",),
                                       ("reinspect", "--all", "01234567"), ("backup",), ("restore", "")])
def test_wrong_usage_is_told(arguments, keeper):
    run = keeper.run(*arguments)
    assert run.exit_code == EXIT_USAGE and run.stderr.startswith("gannet: "), run


def _told(document: dict) -> dict:
    """What a scan of the same pages tells each time."""
    return {name: (sorted(page["url"] for page in state["pages"]), sorted(cookie["name"] for cookie in state["cookies"]))
            for name, state in document["states"].items()}


def test_killed_scans_leave_no_half_result(keeper, request, tmp_path):
    # Goal: after kill -9 at any point the store opens, no half scan claims success, and nothing is left that no scan names: no file, no
    # process, no user-data folder. Method: scans are killed at random moments of the time that one takes, the last of which are those
    # in which it is kept. `./dev soak` does it 200 times; the moments of saving alone have a test of their own (store/crash_test.cpp).
    kills = request.config.getoption("--kills")
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    moments = random.Random(seed)
    arguments = ("--states", "untouched,accepted", "--page", "/other")
    whole = keeper.scan(keeper.url(HOST), *arguments)
    ids = {whole.document["scan_id"]}
    places = tmp_path / "places"
    places.mkdir()
    places.chmod(0o1777)
    ends = Counter()
    for _ in range(kills):
        process = keeper.start("scan", keeper.url(HOST), *keeper.site_arguments(), *arguments, environment={"TMPDIR": str(places)})
        processes = {}
        try:
            process.communicate(timeout=whole.seconds * moments.uniform(0, 1.1))
        except subprocess.TimeoutExpired:
            processes = descendants(process.pid)
            process.kill()
            process.communicate(timeout=SECONDS)
        scans = json.loads(keeper.run("scans", "--format", "json", "--limit", "1000").stdout)
        new = [scan for scan in scans if scan["scan_id"] not in ids]
        assert len(new) <= 1, new
        ids |= {scan["scan_id"] for scan in new}
        for scan in new:
            ends[scan["status"]] += 1
            shown = keeper.run("show", scan["scan_id"], "--format", "json")
            if scan["status"] == "failed":
                assert scan["reason"].startswith("interrupted"), scan
            else:
                assert (scan["status"], _told(json.loads(shown.stdout))) == ("success", _told(whole.document)), shown
        eventually(lambda seen=processes: not [pid for pid, line in seen.items() if line and command_line(pid) == line], SECONDS,
                   f"the end of {processes}")
        eventually(lambda: not list(places.iterdir()), SECONDS, f"{places} to be empty")
    print(f"{kills} kills: {dict(ends)}")
    if kills >= 100:
        assert ends["success"] and ends["failed"], ends
    for scan_id in ids:
        assert keeper.run("delete", scan_id).exit_code == EXIT_FINE
    for folder in ("visits", "screenshots", "judgements"):
        assert not kept.files(keeper.data_dir, folder), "a file that no scan names"
