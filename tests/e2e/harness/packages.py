"""The npm packages that sites use, as published, below GANNET_TEST_DATA (default var/test-data of the tree):

  npm/NAME@VERSION/package/…   each package of packages.txt, brought by tools/fetch_npm
  bundles/NAME                 each file of bundles/, bundled for browsers by esbuild

Nothing of a package is executed here but esbuild's own binary."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
_ROOT = _HERE.parents[1]
_LOCK = _HERE / "packages.txt"


def test_data() -> Path:
    return Path(os.environ.get("GANNET_TEST_DATA", _ROOT / "var" / "test-data")).resolve()


def package_folders() -> dict[str, Path]:
    """Where each package's files are, by its name."""
    specs = [line.split()[0] for line in _LOCK.read_text().splitlines() if line and not line.startswith("#")]
    return {spec.rpartition("@")[0]: test_data() / "npm" / spec / "package" for spec in specs}


def bundle_path(name: str) -> Path:
    return test_data() / "bundles" / name


def prepare() -> None:
    """Fetches and bundles what is missing. Several processes may call it at once."""
    test_data().mkdir(parents=True, exist_ok=True)
    with open(test_data() / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, _ROOT / "tools" / "fetch_npm", _LOCK, test_data() / "npm"], check=True)
        for source in sorted((_HERE / "bundles").iterdir()):
            target = bundle_path(source.name)
            newest = max(source.stat().st_mtime, _LOCK.stat().st_mtime)
            if not target.exists() or target.stat().st_mtime < newest:
                _bundle(source, target)


def _bundle(source: Path, target: Path) -> None:
    """Runs esbuild in a folder whose node_modules are links to the unpacked packages."""
    target.parent.mkdir(exist_ok=True)
    folders = package_folders()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle.") as work:
        for name, folder in folders.items():
            link = Path(work, "node_modules", name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(folder)
        entry = Path(work, source.name)
        entry.write_text(source.read_text())
        made = Path(work, "made" + source.suffix)
        subprocess.run([folders["@esbuild/linux-x64"] / "bin" / "esbuild", entry, "--bundle", "--format=iife", "--target=chrome120",
                        "--preserve-symlinks", '--define:process.env.NODE_ENV="production"', "--log-level=error", f"--outfile={made}"],
                       check=True, cwd=work)
        made.rename(target)
