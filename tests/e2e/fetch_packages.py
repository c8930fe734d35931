#!/usr/bin/env python3
"""Fetches the npm packages of packages.txt and builds the bundles of bundles/ with esbuild. Needs npm and the network only when
something is missing; nothing of a package is executed but esbuild's own binary.

Result, below GANNET_TEST_DATA (default var/test-data in the tree):
  npm/NAME@VERSION/package/…   each package as published
  bundles/NAME                 each file of bundles/ bundled for browsers
"""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ESBUILD = "@esbuild/linux-x64"


def test_data() -> Path:
    return Path(os.environ.get("GANNET_TEST_DATA", HERE.parents[1] / "var" / "test-data"))


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> Path:
        return test_data() / "npm" / f"{self.name}@{self.version}" / "package"


def packages() -> dict[str, Package]:
    """The pinned packages by name."""
    found = {}
    for line in (HERE / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            spec, integrity = line.split()
            name, _, version = spec.rpartition("@")
            found[name] = Package(name, version, integrity)
    return found


def fetch(package: Package) -> None:
    """Downloads, verifies and unpacks; the folder appears only when all of it is there."""
    if package.folder.is_dir():
        return
    home = package.folder.parent.parent
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".fetch.") as work:
        subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", work, f"{package.name}@{package.version}"],
                       check=True, cwd=work, stdout=subprocess.DEVNULL)
        archive = next(Path(work).glob("*.tgz"))
        digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != package.integrity:
            sys.exit(f"{package.name}@{package.version}: integrity is {digest}, packages.txt says {package.integrity}")
        with tarfile.open(archive) as tar:
            tar.extractall(Path(work, "out"), filter="data")
        (top,) = Path(work, "out").iterdir()
        if top.name != "package":
            top = top.rename(top.with_name("package"))
        try:
            Path(work, "out").rename(package.folder.parent)
        except OSError:
            if not package.folder.is_dir():  # Else another fetcher was faster.
                raise


def bundle(source: Path, everything: dict[str, Package]) -> None:
    """Bundles one entry file for browsers, with node_modules made of links to the unpacked packages."""
    target = test_data() / "bundles" / source.name
    inputs = [source, HERE / "packages.txt"]
    if target.exists() and all(target.stat().st_mtime > path.stat().st_mtime for path in inputs):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle.") as work:
        for package in everything.values():
            link = Path(work, "node_modules", package.name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(package.folder)
        entry = Path(work, source.name)
        entry.write_text(source.read_text())
        made = Path(work, "made" + source.suffix)
        subprocess.run([everything[ESBUILD].folder / "bin" / "esbuild", entry, "--bundle", "--format=iife", "--target=chrome120",
                        "--preserve-symlinks", '--define:process.env.NODE_ENV="production"', "--log-level=error", f"--outfile={made}"],
                       check=True, cwd=work)
        made.rename(target)


def main() -> None:
    everything = packages()
    for package in everything.values():
        fetch(package)
    for source in sorted((HERE / "bundles").iterdir()):
        bundle(source, everything)


if __name__ == "__main__":
    main()
