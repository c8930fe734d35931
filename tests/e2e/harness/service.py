"""Runs `gannet serve` for a test and talks to it over HTTP."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from .gannet import ROOT, binary

START_SECONDS_MAX = 60


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Service:
    """One instance. Its settings come from `environment` alone; its data folder is the caller's."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    url: str = ""
    token: str = ""

    def variables(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "GANNET_DATA_SETS": os.environ.get("GANNET_DATA_SETS", str(ROOT / "var" / "data")),
                "GANNET_DATA_DIR": str(self.data_dir), "API_PORT": "0", "RATE_LIMIT_REQUESTS": "0", **self.environment}

    def start(self) -> "Service":
        self.process = subprocess.Popen([str(binary()), "serve", *self.arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace", env=self.variables())
        self.output: list[str] = []
        self.log: list[str] = []
        lines: queue.Queue[str | None] = queue.Queue()
        for stream, kept in ((self.process.stdout, self.output), (self.process.stderr, self.log)):
            threading.Thread(target=self._read, args=(stream, kept, lines), daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=START_SECONDS_MAX)
            except queue.Empty:
                raise AssertionError(f"gannet serve is not up within {START_SECONDS_MAX} s\n{self.text()}") from None
            assert line is not None, f"gannet serve ended\n{self.text()}"
            if found := re.search(r"http://[\d.]+:\d+", line):
                self.url = found.group()
                return self
            if "Gannet is ready" in line:
                return self

    @staticmethod
    def _read(stream, kept: list[str], lines: queue.Queue) -> None:
        for line in stream:
            kept.append(line.rstrip("\n"))
            lines.put(line)
        lines.put(None)

    def text(self) -> str:
        return "stdout:\n" + "\n".join(self.output) + "\nstderr:\n" + "\n".join(self.log)

    def make_token(self, *scopes: str) -> str:
        return self.command("token", "--scopes", ",".join(scopes) or "admin").stdout.strip()

    def command(self, *arguments: str, seconds: float = 60, check: bool = True) -> subprocess.CompletedProcess:
        """Another command of gannet on the same data."""
        done = subprocess.run([str(binary()), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.variables(),
                              timeout=seconds)
        assert not check or done.returncode == 0, f"gannet {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def request(self, method: str, path: str, body=None, *, token: str | None = None, headers: dict[str, str] | None = None,
                seconds: float = 30) -> Reply:
        if token is None:
            self.token = self.token or self.make_token("admin")
            token = self.token
        sent = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        asked = urllib.request.Request(self.url + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(asked, timeout=seconds) as reply:
                return Reply(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())

    def get(self, path: str, **options):
        reply = self.request("GET", path, **options)
        assert reply.status == 200, f"GET {path}: {reply.status} {reply.body.decode(errors='replace')}\n{self.text()}"
        return reply.json()

    def post(self, path: str, body=None, status: int = 201, **options):
        reply = self.request("POST", path, body, **options)
        assert reply.status == status, f"POST {path}: {reply.status} {reply.body.decode(errors='replace')}\n{self.text()}"
        return reply.json()

    def stop(self) -> int:
        """As an operator does it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
