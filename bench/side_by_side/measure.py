"""What one command costs: wall time, CPU time of all processes it starts, and peak memory.

CPU time is that of a control group of its own. The kernel's usual account (getrusage of children) will not do: Chromium's sandbox puts
renderers into a PID namespace, and what dies with a namespace is reaped by the kernel and counted nowhere. Where no control group can be
made, the times of /proc are sampled instead. Memory is always sampled; reading it disturbs, so it is asked for in runs whose times are not
used."""

import ctypes
import os
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from harness.processes import descendants

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
_LEFT_SECONDS_MAX = 10
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class StillRunning(Exception):
    """The command, or something that it left behind, did not end in time. It was killed."""


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
    """From the start of the command to its end; what it left behind is waited for, but not timed."""
    cpu_seconds: float
    """User and system time of the command and all its descendants."""
    cpu_source: str
    """"control group", which is exact, or "samples", which miss what each process did after the last one."""
    peak: Peak | None
    """None where memory was not sampled, or some process did not let itself be read."""


def run_measured(command: list[str], *, environment: dict[str, str], seconds_max: float, samples_memory: bool) -> Run:
    """Runs `command` to its end. No other child of this process may be running. Raises StillRunning after `seconds_max`."""
    # What outlives its parent becomes this process's child, where it can be found.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the reaper of orphaned processes")
    group = _ControlGroup.make()
    entering = ["/bin/sh", "-c", 'echo $$ > "$0"; exec "$@"', str(group.entrance)] if group else []
    sampler = _Sampler(samples_memory) if samples_memory or not group else None
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen([*entering, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        try:
            exit_code = process.wait(seconds_max)
            wall_seconds = time.monotonic() - began
            _wait_for_the_rest()
            cpu_seconds = group.cpu_seconds() if group else sampler.cpu_seconds()
        except subprocess.TimeoutExpired:
            raise StillRunning(f"{command[0]} did not end within {seconds_max:g} s") from None
        finally:
            if sampler:
                sampler.stop()
            _kill_the_rest(process)
            if group:
                group.remove()
        out.seek(0)
        err.seek(0)
        return Run(exit_code, out.read().decode(errors="replace"), err.read().decode(errors="replace"), wall_seconds, cpu_seconds,
                   "control group" if group else "samples", sampler.peak() if sampler else None)


def is_browser(command_line: str) -> bool:
    """Whether the process runs Chromium or the script that starts it."""
    return any("chrom" in os.path.basename(word) for word in command_line.split()[:2])


class _ControlGroup:
    """A child of this process's own control group (version 2, whose basic account needs no controller)."""

    def __init__(self, folder: Path):
        self._folder = folder
        self.entrance = folder / "cgroup.procs"

    @classmethod
    def make(cls) -> "_ControlGroup | None":
        """None where there is no version 2, or this user may not make groups."""
        mounted = re.search(r"^(?:\S+ ){4}(\S+) .* - cgroup2 ", Path("/proc/self/mountinfo").read_text(), re.MULTILINE)
        own = re.search(r"^0::(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
        if not mounted or not own:
            return None
        above = Path(mounted[1] + own[1])
        # Moving a process needs the right to take it from where it is.
        if not os.access(above / "cgroup.procs", os.W_OK):
            return None
        folder = above / f"gannet-bench-{os.getpid()}"
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            return None
        return cls(folder)

    def cpu_seconds(self) -> float:
        return int(re.search(r"^usage_usec (\d+)$", (self._folder / "cpu.stat").read_text(), re.MULTILINE)[1]) / 1e6

    def remove(self) -> None:
        self._folder.rmdir()


class _Sampler:
    """Looks at all descendants of this process at once, again and again, from a thread of its own."""

    def __init__(self, reads_memory: bool):
        self._reads_memory = reads_memory
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
                self._count_ticks(pid)
                size = self._pss_bytes(pid) if self._reads_memory else 0
                everything += size
                own += 0 if is_browser(line) else size
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


def _wait_for_the_rest() -> None:
    """Until nothing that the command started is left."""
    end = time.monotonic() + _LEFT_SECONDS_MAX
    pause = threading.Event()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() > end:
                raise StillRunning(f"left behind after {_LEFT_SECONDS_MAX} s: {'; '.join(descendants(os.getpid()).values())}")
            pause.wait(0.02)


def _kill_the_rest(process: subprocess.Popen) -> None:
    """After a failure or an interruption nothing of the command goes on."""
    while left := descendants(os.getpid()):
        for pid in left:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        process.wait()
        _wait_for_the_rest()
