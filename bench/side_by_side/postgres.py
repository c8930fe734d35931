"""A PostgreSQL server for benchmarks, and the processor time that it takes."""

import os
import pwd
import subprocess
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class ServerFailed(Exception):
    """Says what is missing or went wrong, in one line."""


class Server:
    """Has its own settings but for `options`, and no TCP. It syncs, as a real one does."""

    def __init__(self, folder: Path, *options: str):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise ServerFailed("PostgreSQL is not installed: apt-get install postgresql")
        self._bin, self.folder = programs[-1], folder
        self._as = {"cwd": "/"}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._call("initdb", "-D", folder / "data", "-U", "gannet", "-A", "trust", "--no-instructions", "-E", "UTF8", "--locale=C")
        settings = " ".join(["-c listen_addresses=", f"-k {folder}", *(f"-c {option}" for option in options)])
        self._call("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", settings, "start")
        self._process = int((folder / "data" / "postmaster.pid").read_text().split()[0])

    def _call(self, name: str, *arguments) -> None:
        done = subprocess.run([self._bin / name, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **self._as)
        if done.returncode != 0:
            raise ServerFailed(f"{name}: {done.stderr.strip()}")

    def version(self) -> str:
        return subprocess.run([self._bin / "postgres", "--version"], capture_output=True, text=True, check=False).stdout.strip()

    def fresh_database(self) -> str:
        for sql in ("DROP DATABASE IF EXISTS bench WITH (FORCE)", "CREATE DATABASE bench", "CHECKPOINT"):
            self._call("psql", "-q", "-h", self.folder, "-U", "gannet", "-c", sql, "postgres")
        return f"postgresql://gannet@/bench?host={self.folder}"

    def _ended_seconds(self) -> float:
        fields = Path(f"/proc/{self._process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / _TICKS

    def _has_sessions(self) -> bool:
        """Also one that has ended and is not yet counted."""
        for process in Path(f"/proc/{self._process}/task/{self._process}/children").read_text().split():
            try:
                words = Path(f"/proc/{process}/cmdline").read_text()
            except OSError:
                continue
            if not words or " bench " in words:
                return True
        return False

    def run_measured(self, command: list, seconds_max: float) -> tuple[str, float]:
        """What the command prints, and the seconds of processor time that it and its sessions here took."""
        before, own_before = self._ended_seconds(), os.times()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds_max, check=False)
        if done.returncode != 0:
            raise ServerFailed(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
        own = os.times()
        own_seconds = own.children_user + own.children_system - own_before.children_user - own_before.children_system
        # They count once they have ended.
        while self._has_sessions():
            time.sleep(0.05)  # style: allow sleep, because nothing says when a session of another process has ended
        return done.stdout, own_seconds + self._ended_seconds() - before

    def stop(self) -> None:
        self._call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
