"""Chromium as anybody starts it, without protocol, proxy or host process: what a page sees when nobody looks on."""

import subprocess
import tempfile
from pathlib import Path

from harness.chromium import public_key_hash

BROWSER = "/usr/lib/chromium/chromium-headless-shell"


def load(url: str, certificate: Path, *, seconds: float = 60) -> None:
    """Loads the page to its load event and ends."""
    with tempfile.TemporaryDirectory(prefix="plain-chromium.") as folder:
        subprocess.run(
            [BROWSER, "--no-sandbox", "--dump-dom", f"--user-data-dir={folder}", "--host-resolver-rules=MAP * 127.0.0.1",
             "--disable-blink-features=AutomationControlled", "--site-per-process", "--window-size=1366,768", "--lang=en-US",
             f"--timeout={int(seconds * 1000)}", f"--ignore-certificate-errors-spki-list={public_key_hash(certificate)}", url],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds)
