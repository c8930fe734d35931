"""Real PostgreSQL and Redis from Debian, in temporary folders and on free ports of 127.0.0.1."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from .processes import eventually


def free_port() -> int:
    """A port that nobody listens at now; servers that cannot choose one themselves get it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_user(user: str, command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", user, "--", *command] if os.geteuid() == 0 else command


class Postgres:
    """One server; every test takes a database of its own."""

    def __init__(self):
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder = Path(tempfile.mkdtemp(prefix="gannet_postgres_"))
        shutil.chown(self.folder, "postgres") if os.geteuid() == 0 else None
        self.port = free_port()
        self._databases = 0
        self._run("initdb", "--username=gannet", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D", str(self.folder / "data"))
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(as_user("postgres", [str(self.bin / program), *arguments]), capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{program}: {done.stderr or done.stdout}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c max_connections=200 -c fsync=off"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def create_database(self) -> str:
        """The URL of a new, empty one."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.psql(f"CREATE DATABASE {name}", url=self._url("postgres"))
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://gannet@127.0.0.1:{self.port}/{name}"

    @staticmethod
    def psql(sql: str, *, url: str) -> list[list[str]]:
        """Rows as text, as `psql` prints them."""
        done = subprocess.run(["psql", url, "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", sql],
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{sql}\n{done.stderr}"
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="gannet_redis_")
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        # One program under several names, of which the package redis-tools brings this one, without a service.
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder],
                                        executable="/usr/bin/redis-check-rdb", stdout=subprocess.DEVNULL)
        eventually(self._answers, 10, "redis-server answers")

    def _answers(self) -> bool:
        return subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True, text=True).stdout.strip() == "PONG"

    def command(self, *arguments: str) -> str:
        return subprocess.run(["redis-cli", "-p", str(self.port), *arguments], capture_output=True, text=True, check=True).stdout.strip()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
