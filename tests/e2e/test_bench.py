"""The benchmarks run and tell the truth. What they measure is no test: no time is compared with another."""

import json
import os
import subprocess
import sys

from harness.gannet import ROOT

_MEASURE = ("import os, sys; sys.path[:0] = ['bench', 'tests/e2e']; from harness.processes import descendants; "
            "from side_by_side.measure import StillRunning, run_measured\n")


def _scan(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "bench" / "run", "scan", *arguments], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})


def _measure(script: str) -> list:
    """What `script` leaves in `answer`. It runs in a process of its own, since measuring takes over all children."""
    done = subprocess.run([sys.executable, "-c", f"{_MEASURE}{script}\nimport json; print(json.dumps(answer))"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_scan_benchmark_reports_cost_and_all_cookies(server, tmp_path):
    done = _scan("--quick", "--pages", "honest", "--tools", "gannet", "--json", str(tmp_path / "result.json"))
    assert done.returncode == 0, done.stderr
    result, = json.loads((tmp_path / "result.json").read_text())["results"]
    run, = result["runs"]
    assert {state: found["missed"] + found["unexpected"] for state, found in result["cookies"].items()} == {
        "untouched": [], "rejected": [], "accepted": []}
    assert result["loads"] == 5  # One untouched; one and its reload in either choice.
    assert 0 < run["cpu_seconds"] and 0 < run["wall_seconds"]
    assert set(run["phases_ms"]["accepted"]) == {"S0", "S1", "S2", "S3"}
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("honest"))
    assert row[:2] == ["honest", "gannet"] and row[-3:] == ["1/1", "2/2", "13/13"]


def test_cpu_time_counts_processes_that_outlive_their_parent():
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    wall, cpu = _measure(f"run = run_measured(['sh', '-c', '\"$0\" -c \"$1\" & exit 0', sys.executable, {burn!r}], "
                         "environment=dict(os.environ), seconds_max=30, samples_memory=False)\n"
                         "answer = [run.wall_seconds, run.cpu_seconds]")
    assert wall < cpu
    assert cpu > 0.35


def test_command_that_does_not_end_is_killed_with_all_it_started():
    assert _measure("""
try:
    run_measured(["sh", "-c", "sleep 600 & wait"], environment=dict(os.environ), seconds_max=0.2, samples_memory=False)
    answer = "ended"
except StillRunning as error:
    answer = [str(error), list(descendants(os.getpid()).values())]
""") == ["sh did not end within 0.2 s", []]


def test_missing_peer_is_explained(server, tmp_path):
    done = _scan("--quick", "--pages", "honest", "--tools", "peer", GANNET_BENCH_DATA=str(tmp_path),
                 npm_config_registry="http://127.0.0.1:1")
    assert done.returncode == 3, done.stderr
    assert "tools/fetch_npm bench/packages.txt" in done.stderr and "--tools gannet" in done.stderr


def test_missing_build_is_explained(server, tmp_path):
    done = _scan("--tools", "gannet", GANNET=str(tmp_path / "gannet"))
    assert done.returncode == 3, done.stderr
    assert "./dev bench" in done.stderr


def test_file_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    done = _scan("--json", str(tmp_path / "missing" / "result.json"))
    assert done.returncode == 2
    assert "missing/result.json: No such file or directory" in done.stderr


def test_unknown_page_is_refused():
    done = _scan("--pages", "leaky,nowhere")
    assert done.returncode == 2
    assert "no page 'nowhere'" in done.stderr and "leaky" in done.stderr
