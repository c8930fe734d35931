"""Names whose addresses change while gannet runs: a hosts file of its own for one gannet, as a rebinding name server would answer."""

import os
import shlex
import tempfile
from pathlib import Path


class HostsFile:
    """`wrap()` makes a program that sees this file as /etc/hosts, in a mount namespace of its own; nobody else is affected."""

    def __init__(self, **addresses: str):
        """`addresses`: of NAME.test, several parted by spaces."""
        self._folder = tempfile.TemporaryDirectory(prefix="gannet-test-hosts.")
        self._file = Path(self._folder.name, "hosts")
        self.rebind(**addresses)

    def close(self) -> None:
        self._folder.cleanup()

    def rebind(self, **addresses: str) -> None:
        # Written in place: what is mounted is the file, not its name.
        self._file.write_text("".join(f"{address} {name}.test\n" for name, all_of_it in addresses.items() for address in all_of_it.split()))

    def wrap(self, gannet: Path) -> Path:
        program = Path(self._folder.name, "gannet")
        as_root, as_self = "", ""
        if os.geteuid() != 0:
            # mount(8) wants to be root, if only of a namespace; gannet then is the caller again.
            as_root, as_self = "--user --map-root-user", f"unshare --user --map-user={os.geteuid()} --map-group={os.getegid()}"
        mount = shlex.quote(f'mount --bind {shlex.quote(str(self._file))} /etc/hosts && exec {as_self} {shlex.quote(str(gannet))} "$@"')
        program.write_text(f'#!/bin/sh\nexec unshare --mount {as_root} sh -c {mount} sh "$@"\n')
        program.chmod(0o755)
        return program
