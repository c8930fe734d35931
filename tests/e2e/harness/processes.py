"""Linux processes as /proc shows them, and waiting for what they do."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Returns as soon as `condition` holds; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        pause.wait(0.05)


def descendants(pid: int) -> dict[int, str]:
    """Process ids below `pid` with their command lines."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            children.setdefault(_parent(int(entry)), []).append(int(entry))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found[child] = command_line(child)
            waiting.append(child)
    return found


def command_line(pid: int) -> str:
    """Arguments parted by spaces; empty for a process that is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class PeakMemory:
    """Follows the largest resident size that one process, without its children, has had, until `end()`. It reads the kernel's own
    high-water mark, so that only what grows in the last moments of a process can be missed."""

    def __init__(self, pid: int):
        self.bytes = 0
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return self.bytes

    def _follow(self) -> None:
        while not self._ended.wait(0.01):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            self.bytes = max([self.bytes, *(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))])


def _parent(pid: int) -> int:
    try:
        # The second field is the name in parentheses, which may hold anything; the parent is the second field after it.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
