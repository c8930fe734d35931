"""gannet export and verify: evidence that leaves the data folder, and what becomes of it on the way."""

import pytest
from harness.gannet import EXIT_FAILED, EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE


@pytest.fixture
def bundle(gannet, sites, tmp_path):
    scan = gannet.scan_site(sites["leaky"], states=("untouched",)).get_document()
    path = tmp_path / "shop.evidence"
    run = gannet.run("export", scan["scan_id"], "--out", str(path), "--data-dir", str(gannet.data_dir))
    assert run.exit_code == EXIT_FINE, run
    return path, scan["scan_id"], next(word for word in run.stdout.split() if len(word.rstrip(":")) == 64).rstrip(":")


def test_exported_evidence_is_genuine_without_the_data_folder(gannet, bundle, tmp_path):
    path, scan_id, key = bundle
    elsewhere = ("--data-dir", str(tmp_path / "elsewhere"))
    run = gannet.run("verify", str(path), "--key", key, *elsewhere)
    assert run.exit_code == EXIT_FINE and scan_id in run.stdout and "as asked" in run.stdout, run
    assert "Compare it" in gannet.run("verify", str(path), *elsewhere).stdout
    assert not (tmp_path / "elsewhere").exists()
    other = gannet.run("verify", str(path), "--key", "0" * 64, *elsewhere)
    assert other.exit_code == EXIT_FINDINGS and "NOT GENUINE" in other.stdout, other


def test_damaged_evidence_is_refused(gannet, bundle, tmp_path):
    path, scan_id, _ = bundle
    whole = path.read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "flipped": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], "text": b"no"}.items():
        damaged = tmp_path / name
        damaged.write_bytes(content)
        run = gannet.run("verify", str(damaged), "--data-dir", str(gannet.data_dir))
        assert run.exit_code == EXIT_FINDINGS and run.stdout.startswith("NOT GENUINE"), (name, run)
    assert gannet.run("verify", str(tmp_path / "none"), "--data-dir", str(gannet.data_dir)).exit_code == EXIT_FAILED
    again = gannet.run("export", scan_id, "--out", str(path), "--data-dir", str(gannet.data_dir))
    assert again.exit_code == EXIT_FAILED and path.read_bytes() == whole, "a file that is there is not replaced"
    assert gannet.run("export", scan_id, "--data-dir", str(gannet.data_dir)).exit_code == EXIT_USAGE
