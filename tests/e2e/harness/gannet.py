"""Runs the gannet binary against the test server and reads what it prints."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema

from .log import Exchange
from .processes import PeakMemory
from .server import TestServer
from .truth import STATES, Site

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "scan-document.schema.json"

EXIT_FINE, EXIT_FINDINGS, EXIT_USAGE, EXIT_FAILED, EXIT_PARTIAL = range(5)
# Set by ./dev asan and tsan: what sanitizers add in memory and time is no fault of gannet.
IS_SANITIZED = bool(os.environ.get("GANNET_SANITIZED"))
SCAN_SECONDS_MAX = 120 * (3 if IS_SANITIZED else 1)
COMMANDS_WITH_DATA = ("scan", "scans", "show", "report", "delete", "reinspect", "prune", "backup", "restore", "data")


def binary() -> Path:
    return Path(os.environ.get("GANNET", ROOT / "build" / "dev" / "src" / "app" / "gannet")).absolute()


@dataclass
class Run:
    """One finished run. `document` is None where standard output held no scan document."""

    arguments: list[str]
    exit_code: int
    stdout: str
    stderr: str
    data_dir: Path
    memory_bytes_max: int = 0
    """The largest resident size of gannet itself, without the browser."""
    seconds: float = 0
    document: dict | None = field(default=None)

    def state(self, name: str) -> dict:
        return self.get_document()["states"][name]

    def get_document(self) -> dict:
        assert self.document is not None, f"no scan document\n{self}"
        return self.document

    def findings(self, kind: str) -> list[dict]:
        return [f for f in self.get_document()["findings"] if f["kind"] == kind]

    def __str__(self) -> str:
        return f"$ {' '.join(self.arguments)}\nexit code {self.exit_code}\nstderr:\n{self.stderr[-4000:]}\nstdout:\n{self.stdout[:2000]}"


class Gannet:
    """Runs scans of one test: own data folder, the server's authority trusted, every name resolved to the server's address."""

    def __init__(self, server: TestServer, data_dir: Path):
        self.server = server
        self.data_dir = data_dir
        self.runs: list[Run] = []
        self._children: list[subprocess.Popen] = []

    def url(self, host: str, path: str = "/", *, scheme: str = "https") -> str:
        port = self.server.https_port if scheme == "https" else self.server.http_port
        return f"{scheme}://{host}:{port}{path}"

    def site_arguments(self) -> list[str]:
        return ["--resolve", "*:*:127.0.0.1", "--allow-net", "127.0.0.0/8", "--ca", str(self.server.authority.certificate)]

    def scan_site(self, site: Site, *, states: tuple[str, ...] = STATES, arguments: tuple[str, ...] = ()) -> Run:
        return self.scan(self.url(site.host, site.path, scheme=site.scheme), "--states", ",".join(states), *site.arguments, *arguments)

    def scan(self, url: str, *arguments: str) -> Run:
        """A scan of a page of the test server; its document is checked against the published schema."""
        self.server.log.restart()
        run = self.run("scan", url, *self.site_arguments(), "--format", "json", *arguments)
        run.document = self.read_document(run)
        return run

    def visitor_log(self, visitor: int) -> list[Exchange]:
        return self.server.log.exchanges(visitor=visitor)

    def read_document(self, run: Run) -> dict:
        try:
            document = json.loads(run.stdout)
        except ValueError:
            raise AssertionError(f"standard output is no JSON document\n{run}\nserver:\n{self.server.log.text()}") from None
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))
        return document

    def run(self, *arguments: str, environment: dict[str, str] | None = None, seconds: float = SCAN_SECONDS_MAX) -> Run:
        """Any command line; the data folder is added to it."""
        began = time.monotonic()
        process = self.start(*arguments, environment=environment)
        memory = PeakMemory(process.pid)
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            stdout, stderr = process.communicate()
            raise AssertionError(f"gannet did not end within {seconds} s\n{' '.join(map(str, process.args))}\n{stderr[-4000:]}\n"
                                 f"server:\n{self.server.log.text()}") from None
        run = Run([str(a) for a in process.args], process.returncode, stdout, stderr, self.data_dir, memory.end(),
                  time.monotonic() - began)
        self.runs.append(run)
        return run

    def start(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen:
        command = [str(binary()), *arguments]
        if arguments and arguments[0] in COMMANDS_WITH_DATA:
            command += ["--data-dir", str(self.data_dir)]
        variables = {"GANNET_DATA_SETS": str(ROOT / "var" / "data"), **os.environ, **(environment or {})}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   errors="replace", env=variables)
        self._children.append(process)
        return process

    def close(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.kill()
                child.communicate()

    def keep_evidence(self, folder: Path) -> None:
        """Leaves what a failed test needs to be understood."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "server.log").write_text(self.server.log.text())
        for number, run in enumerate(self.runs):
            (folder / f"run{number}.json").write_text(run.stdout)
            (folder / f"run{number}.stderr").write_text(f"$ {' '.join(run.arguments)}\nexit code {run.exit_code}\n{run.stderr}")
        print(f"evidence of this failure: {folder}", file=sys.stderr)
