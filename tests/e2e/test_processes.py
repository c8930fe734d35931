"""However a scan ends, no Chromium process and no user-data folder stays behind; whatever dies in the middle of one, the scan ends by
itself and says what happened."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.gannet import EXIT_FAILED, EXIT_PARTIAL, Gannet
from harness.processes import command_line, descendants, eventually
from harness.server import Response, TestServer

HOST = "processes.test"
SECONDS = 60
PAGE = """<!doctype html><link rel="icon" href="data:,"><p>A shop.</p>
<div id="banner" style="position: fixed; bottom: 0">We use cookies. <button id="accept">Accept all</button></div>
<script>document.cookie = "early=1"; accept.onclick = () => fetch("/choosing");</script>"""


class Moments:
    """A page whose scan comes to known moments and stays there until `leave()`: its document is asked for, its button is clicked."""

    def __init__(self, folder: Path):
        self._reached = {"navigation": threading.Event(), "consent": threading.Event()}
        self._left = threading.Event()
        self._stays_at: str | None = None
        routes = {(HOST, "/"): lambda request: self._stay("navigation", Response(PAGE, cookies=["sid=1; Path=/"])),
                  (HOST, "/choosing"): lambda request: self._stay("consent", Response(""))}
        self.server = TestServer(folder, routes, {HOST})
        self.server.start()

    def stay_at(self, moment: str | None) -> None:
        self.leave()
        for event in self._reached.values():
            event.clear()
        self._left = threading.Event()
        self._stays_at = moment

    def wait_for(self, moment: str) -> None:
        assert self._reached[moment].wait(SECONDS), f"the scan did not come to {moment}"

    def leave(self) -> None:
        self._left.set()

    def _stay(self, moment: str, response: Response) -> Response:
        left = self._left
        self._reached[moment].set()
        if moment == self._stays_at:
            left.wait(SECONDS)
        return response


@dataclass
class Scan:
    """A scan that runs, with a temporary folder of its own for its browser."""

    process: subprocess.Popen
    folder: Path

    def processes(self) -> dict[int, str]:
        return descendants(self.process.pid)

    def host(self) -> int:
        return self._only("the browser host", [pid for pid in self.processes() if _name(pid) == "gannet-host"])

    def browser(self) -> int:
        return self._only("the browser", [pid for pid, line in self.processes().items() if "--user-data-dir=" in line and "--type=" not in line])

    def renderers(self) -> list[int]:
        return [pid for pid, line in self.processes().items() if "--type=renderer" in line]

    def end(self) -> tuple[int, dict]:
        """Exit code and scan document."""
        stdout, stderr = self.process.communicate(timeout=SECONDS)
        assert stdout, f"exit code {self.process.returncode}, standard error:\n{stderr}"
        return self.process.returncode, json.loads(stdout)

    def _only(self, what: str, found: list[int]) -> int:
        assert len(found) == 1, f"{what}: {found} in {self.processes()}"
        return found[0]


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    made = Moments(tmp_path_factory.mktemp("processes"))
    yield made
    made.leave()
    made.server.stop()


@pytest.fixture
def start(moments, tmp_path):
    """Starts scans that stay at a moment. At the end of the test nothing of them may be left."""
    params = tmp_path / "params.json"
    params.write_text('{"max_retries": 0, "concurrency": 1}')
    gannet = Gannet(moments.server, tmp_path / "data")
    folder = Path(tempfile.mkdtemp(prefix="gannet-test-processes."))
    folder.chmod(0o1777)  # The browser's user makes its folders here.

    def run(moment: str | None, states: str = "untouched", environment: dict[str, str] | None = None) -> Scan:
        moments.stay_at(moment)
        process = gannet.start("scan", gannet.url(HOST), *gannet.site_arguments(), "--params", str(params), "--states", states,
                               "--accept-selector", "#accept", "--format", "json", environment={"TMPDIR": str(folder), **(environment or {})})
        scan = Scan(process, folder)
        if moment:
            moments.wait_for(moment)
        return scan

    yield run
    moments.leave()
    gannet.close()
    shutil.rmtree(folder)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _assert_nothing_is_left(processes: dict[int, str], folder: Path) -> None:
    """An emptied command line is a zombie's, or nobody's."""
    assert any("--type=" in line or "--user-data-dir=" in line for line in processes.values()), "no browser was seen running"
    eventually(lambda: not [pid for pid, line in processes.items() if line and command_line(pid) == line], 20, f"the end of {processes}")
    eventually(lambda: not list(folder.iterdir()), 20, f"{folder} to be empty; it holds {list(folder.iterdir())}")


def _judge(document: dict, state: str) -> tuple[str, str]:
    page = document["states"][state]["pages"][0]
    return page["status"], page["reason"]


@pytest.mark.parametrize("moment, states", [("navigation", "untouched"), ("consent", "accepted")])
def test_killing_gannet_in_the_middle_leaves_nothing(moment, states, start):
    scan = start(moment, states)
    processes = scan.processes()
    scan.process.kill()
    scan.process.communicate(timeout=SECONDS)
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("has_children", [False, True], ids=["main-process-alone", "with-its-first-children"])
def test_killing_gannet_while_the_browser_starts_leaves_nothing(has_children, start):
    scan = start(None)

    def is_starting() -> bool:
        lines = scan.processes().values()
        return any("--user-data-dir=" in line for line in lines) and (not has_children or any("--type=zygote" in line for line in lines))

    eventually(is_starting, SECONDS, "the browser's first processes")
    processes = scan.processes()
    scan.process.kill()
    scan.process.communicate(timeout=SECONDS)
    _assert_nothing_is_left(processes, scan.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_the_scan_and_keeps_what_was_recorded(number, start):
    scan = start("consent", "accepted")
    processes = scan.processes()
    scan.process.send_signal(number)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("cancelled", EXIT_PARTIAL), document["reason"]
    assert _judge(document, "accepted")[0] == "partial"
    assert {cookie["name"] for cookie in document["states"]["accepted"]["cookies"]} == {"sid", "early"}
    _assert_nothing_is_left(processes, scan.folder)


def test_second_signal_ends_gannet_at_once_and_the_host_cleans_up(start):
    """The host is stopped, so that the first signal alone cannot come to its end; that it was taken shows in the browser's."""
    scan = start("consent", "accepted")
    processes, host, browser = scan.processes(), scan.host(), scan.browser()
    os.kill(host, signal.SIGSTOP)
    scan.process.send_signal(signal.SIGINT)
    eventually(lambda: not command_line(browser), SECONDS, "the orderly end of the browser")
    assert scan.process.poll() is None
    scan.process.send_signal(signal.SIGINT)
    # Not communicate(): the stopped host holds the other ends of both pipes.
    assert scan.process.wait(timeout=5) == 128 + signal.SIGINT
    os.kill(host, signal.SIGCONT)
    _assert_nothing_is_left(processes, scan.folder)


def test_killed_host_takes_its_browser_along_and_the_next_scan_sweeps_its_folders(start):
    scan = start("consent", "accepted")
    processes = scan.processes()
    os.kill(scan.host(), signal.SIGKILL)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL)
    assert _judge(document, "accepted") == ("partial", "the browser closed its pipe")
    eventually(lambda: not [pid for pid, line in processes.items() if line and command_line(pid) == line], 20, f"the end of {processes}")
    assert list(scan.folder.iterdir()), "nobody is left to remove them"
    start(None).end()
    assert not list(scan.folder.iterdir())


@pytest.mark.parametrize("moment, status", [("navigation", "failed"), ("consent", "partial")])
def test_killed_renderer_costs_one_visit_alone(moment, status, start, moments):
    scan = start(moment, "accepted,untouched")
    for renderer in scan.renderers():
        os.kill(renderer, signal.SIGKILL)
    moments.leave()
    processes = scan.processes()
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL), document["reason"]
    page = document["states"]["accepted"]["pages"][0]
    assert page["status"] == status and "the tab crashed" in page["reason"], page
    assert _judge(document, "untouched") == ("ok", "")
    _assert_nothing_is_left(processes, scan.folder)


def test_killed_browser_leaves_what_was_recorded_and_the_reason(start):
    """The first state was visited; the second one is at its choice."""
    scan = start("consent", "untouched,accepted")
    processes = scan.processes()
    os.kill(scan.browser(), signal.SIGKILL)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("partial", EXIT_PARTIAL), document["reason"]
    assert _judge(document, "untouched") == ("ok", "")
    status, reason = _judge(document, "accepted")
    assert status == "partial" and "the browser closed its pipe" in reason
    _assert_nothing_is_left(processes, scan.folder)


def test_killed_browser_before_any_page_fails_the_scan(start):
    scan = start("navigation")
    processes = scan.processes()
    os.kill(scan.browser(), signal.SIGKILL)
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("failed", EXIT_FAILED)
    assert "the browser closed its pipe" in document["reason"]
    _assert_nothing_is_left(processes, scan.folder)


def test_finished_scan_leaves_nothing(start, moments):
    scan = start("navigation")
    processes = scan.processes()
    moments.leave()
    exit_code, document = scan.end()
    assert (document["status"], exit_code) == ("success", 0), document["reason"]
    _assert_nothing_is_left(processes, scan.folder)
