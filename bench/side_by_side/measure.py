"""What one command costs: wall time, CPU time of all processes it starts, and peak memory.

CPU time is the kernel's account (getrusage) of every descendant: this process becomes the reaper of orphans, so that also those whose
parents died before them are waited for and counted. Memory is sampled from /proc, which itself takes time; so it is asked for in runs
whose times are not used."""

import ctypes
import os
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from harness.processes import descendants

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
_ORPHAN_SECONDS_MAX = 10
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class StillRunning(Exception):
    """The command, or something that it left behind, did not end in time."""


@dataclass(frozen=True)
class Peak:
    """The largest sums of proportional set sizes that a sample saw, in bytes: of all processes, and of those that are no browser."""

    all_bytes: int
    without_browser_bytes: int


@dataclass(frozen=True)
class Run:
    exit_code: int
    stdout: str
    stderr: str
    wall_seconds: float
    """From the start of the command to its end; what it left behind is not waited for here."""
    cpu_seconds: float
    """User and system time of the command and all its descendants."""
    peak: Peak | None
    """None where memory was not sampled, or some process did not let itself be read."""
    sampled_cpu_seconds: float
    """What the samples saw of the same, at most one interval per process less: a check on cpu_seconds. 0 where not sampled."""


def run_measured(command: list[str], *, environment: dict[str, str], seconds_max: float, samples: bool) -> Run:
    """Runs `command` to its end. No other child of this process may be running. Raises StillRunning after `seconds_max`."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the reaper of orphaned processes")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before = _children_cpu_seconds()
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        sampler = _Sampler() if samples else None
        try:
            exit_code = process.wait(seconds_max)
            wall_seconds = time.monotonic() - began
            _reap_orphans()
        except subprocess.TimeoutExpired:
            raise StillRunning(f"{command[0]} did not end within {seconds_max:.0f} s") from None
        finally:
            if sampler:
                sampler.stop()
            _kill_descendants(process)
        out.seek(0)
        err.seek(0)
        return Run(exit_code, out.read().decode(errors="replace"), err.read().decode(errors="replace"), wall_seconds,
                   _children_cpu_seconds() - before, sampler.peak() if sampler else None, sampler.cpu_seconds() if sampler else 0.0)


def is_browser(command_line: str) -> bool:
    """Whether the process runs Chromium or the script that starts it."""
    return any("chrom" in os.path.basename(word) for word in command_line.split()[:2])


class _Sampler:
    """Looks at all descendants of this process at once, again and again, from a thread of its own."""

    def __init__(self):
        self._stopped = threading.Event()
        self._all = self._own = 0
        self._is_complete = True
        self._ticks: dict[tuple[int, str], int] = {}
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def peak(self) -> Peak | None:
        return Peak(self._all, self._own) if self._is_complete and self._all else None

    def cpu_seconds(self) -> float:
        return sum(self._ticks.values()) / _TICKS_PER_SECOND

    def _work(self) -> None:
        while not self._stopped.wait(_SAMPLE_SECONDS):
            everything = own = 0
            for pid, line in descendants(os.getpid()).items():
                size = self._pss_bytes(pid)
                everything += size
                own += 0 if is_browser(line) else size
                self._count_ticks(pid)
            self._all = max(self._all, everything)
            self._own = max(self._own, own)

    def _pss_bytes(self, pid: int) -> int:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) << 10
        except PermissionError:
            self._is_complete = False
        except OSError:
            pass  # It has ended.
        return 0

    def _count_ticks(self, pid: int) -> None:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        # After the name: 11 and 12 are user and system time, 19 is the start, which tells two users of one number apart (proc(5)).
        self._ticks[(pid, fields[19])] = int(fields[11]) + int(fields[12])


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap_orphans() -> None:
    end = time.monotonic() + _ORPHAN_SECONDS_MAX
    pause = threading.Event()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() > end:
                raise StillRunning(f"left behind after {_ORPHAN_SECONDS_MAX} s: {'; '.join(descendants(os.getpid()).values())}")
            pause.wait(0.02)


def _kill_descendants(process: subprocess.Popen) -> None:
    """After a failure or an interruption nothing of the command goes on."""
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    process.wait()
