"""How a scan ends when it does not end by itself, and what it leaves behind."""

import json
import os
import signal

from harness.gannet import EXIT_PARTIAL
from harness.processes import command_line, descendants, eventually, user_data_folders

SECONDS = 60


def _start(gannet, site, *arguments):
    gannet.server.log.restart()
    return gannet.start("scan", gannet.url(site.host), *gannet.site_arguments(), "--format", "json", *arguments)


def _browsers_of(process):
    """Waits until the browser of a running scan is up; returns all processes below it with the folders they use."""
    eventually(lambda: bool(user_data_folders(descendants(process.pid))), SECONDS, "the browser has a user-data folder")
    processes = descendants(process.pid)
    return processes, user_data_folders(processes)


def _assert_gone(processes, folders):
    eventually(lambda: not [pid for pid, line in processes.items() if line and command_line(pid) == line], 20,
               f"the end of {processes}")
    eventually(lambda: not [folder for folder in folders if folder.exists()], 20, f"the removal of {folders}")


def test_killing_gannet_leaves_no_browser_and_no_folder(gannet, sites):
    process = _start(gannet, sites["busy"])
    gannet.server.log.wait_for(lambda seen: any(e.path == "/ping" for e in seen), SECONDS)
    processes, folders = _browsers_of(process)
    process.kill()
    process.communicate(timeout=SECONDS)
    _assert_gone(processes, folders)


def test_finished_scan_leaves_no_browser_and_no_folder(gannet, sites):
    process = _start(gannet, sites["busy"], "--states", "untouched")
    processes, folders = _browsers_of(process)
    process.communicate(timeout=SECONDS)
    _assert_gone(processes, folders)


def test_interrupted_scan_keeps_what_was_recorded(gannet, sites):
    # The first state ends by itself; the interrupt comes while the second one is on the page that never falls silent.
    process = _start(gannet, sites["busy"], "--states", "untouched,rejected", "--params", _one_at_a_time(gannet))
    gannet.server.log.wait_for(lambda seen: any(e.path == "/ping" and e.visitor == 2 for e in seen), SECONDS)
    processes, folders = _browsers_of(process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=SECONDS)
    document = json.loads(stdout)
    assert (document["status"], process.returncode) == ("cancelled", EXIT_PARTIAL), stderr
    assert "sid" in {cookie["name"] for cookie in document["states"]["untouched"]["cookies"]}
    _assert_gone(processes, folders)


def test_crashed_browser_costs_a_visit_and_says_so(gannet, sites):
    process = _start(gannet, sites["busy"], "--states", "untouched")
    gannet.server.log.wait_for(lambda seen: any(e.path == "/ping" for e in seen), SECONDS)
    processes, folders = _browsers_of(process)
    browser = next(pid for pid, line in processes.items() if "--user-data-dir=" in line and "--type=" not in line)
    os.kill(browser, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode != 0, stdout + stderr
    assert "browser" in (json.loads(stdout)["reason"] + stderr).lower()
    _assert_gone(processes, folders)


def _one_at_a_time(gannet) -> str:
    path = gannet.data_dir.parent / "params.json"
    path.write_text('{"concurrency": 1}')
    return str(path)
