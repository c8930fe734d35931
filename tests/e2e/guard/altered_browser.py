"""A browser with protections taken away: a program for GANNET_BROWSER that changes what gannet tells Chromium, then becomes it.

It proves that a test of the guard can fail: with the flag gone, the test's watcher must see the leak."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

REAL = Path("/usr/lib/chromium/chromium-headless-shell")
FULL = Path("/usr/lib/chromium/chromium")

# The first process becomes the browser, so that its host sees the right one end. A child of it relays the commands of the debugging
# pipe, with the altered members of Target.createBrowserContext; replies go straight to gannet.
_PROGRAM = '''#!/usr/bin/python3
import json, os, sys
DROPPED, ADDED, CONTEXT, LEFT_OUT, FILES = {dropped!r}, {added!r}, {context!r}, {left_out!r}, {files!r}
folder = next(a for a in sys.argv if a.startswith("--user-data-dir=")).partition("=")[2]
for name, text in FILES.items():
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)
if CONTEXT or LEFT_OUT:
    reads, writes = os.pipe()
    if os.fork() == 0:
        os.close(reads)
        os.close(4)
        waiting = b""
        while chunk := os.read(3, 65536):
            *messages, waiting = (waiting + chunk).split(b"\\0")
            for message in messages:
                if any(b'"' + method.encode() + b'"' in message for method in LEFT_OUT):
                    continue
                if b'"Target.createBrowserContext"' in message:
                    command = json.loads(message)
                    for member, value in CONTEXT.items():
                        command["params"].pop(member, None)
                        if value is not None:
                            command["params"][member] = value
                    message = json.dumps(command).encode()
                message += b"\\0"
                while message:
                    message = message[os.write(writes, message):]
        os._exit(0)
    os.close(writes)
    os.dup2(reads, 3)
    os.close(reads)
arguments = [a for a in sys.argv[1:] if not a.startswith(tuple(DROPPED))]
os.execv({real!r}, [{real!r}, *arguments, *ADDED])
'''


@dataclass(frozen=True)
class Alteration:
    """`dropped`: beginnings of arguments to leave out. `added`: arguments to add. `context`: members of Target.createBrowserContext to
    replace, None to leave out. `commands_left_out`: methods that never arrive, and so are never answered. `files`: of the user data
    folder, written over gannet's. `real`: the browser."""

    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    context: dict[str, str | None] = field(default_factory=dict)
    commands_left_out: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    real: Path = REAL


class AlteredBrowser:
    """Owns the program's file, in a folder that the browser's user can read; `close()` removes it."""

    def __init__(self, alteration: Alteration):
        self._folder = tempfile.TemporaryDirectory(prefix="gannet-test-browser.")
        os.chmod(self._folder.name, 0o755)
        # The name tells gannet a headless shell, which takes no --headless, from a full browser.
        self.path = Path(self._folder.name, alteration.real.name)
        self.path.write_text(_PROGRAM.format(
            dropped=alteration.dropped, added=alteration.added, context=alteration.context, left_out=alteration.commands_left_out,
            files=alteration.files, real=str(alteration.real)))
        self.path.chmod(0o755)

    def close(self) -> None:
        self._folder.cleanup()
