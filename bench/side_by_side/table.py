"""Results as one table, and as JSON."""

from statistics import median

from .tools import TOOLS

_COLUMNS = ("page", "tool", "wall s", "(range)", "CPU s", "peak MiB", "w/o browser", "loads", "requests",
            "untouched", "rejected", "accepted")


def table(results: list[dict]) -> str:
    """One row for each page and tool, and one with the ratios ours / peer where both ran."""
    rows = [_COLUMNS]
    for page in dict.fromkeys(result["page"] for result in results):
        of_page = {result["tool"]: result for result in results if result["page"] == page}
        rows += [_row(result) for result in of_page.values()]
        if len(of_page) == 2:
            rows.append(_ratios(of_page["gannet"], of_page["peer"]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def remarks(results: list[dict]) -> str:
    """What each tool did and did not see, and what it said about it."""
    lines = []
    for result in results:
        head = f"{result['page']}, {result['tool']}"
        for state, cookies in result["cookies"].items():
            if cookies["reported"] is None:
                lines.append(f"{head}: state {state} not reached")
                continue
            lines += [f"{head}: {state}: {word} {', '.join(f'{name} @ {domain}{path}' for name, domain, path in cookies[key])}"
                      for key, word in (("missed", "missed"), ("unexpected", "reported, but not set")) if cookies[key]]
        lines += [f"{head}: {note}" for note in result["notes"]]
    return "\n".join(lines)


def preface(machine: dict, versions: dict[str, str]) -> str:
    lines = [f"{machine['cores']} cores, {machine['memory_bytes'] >> 20} MiB memory, "
             f"load average {machine['load_at_start']:.1f} at the start"]
    if machine["load_at_start"] > 1:
        lines.append("WARNING: other work runs on this machine; times are longer than they should be and differ from run to run")
    lines += [f"{name}: {version}" for name, version in versions.items()]
    lines += [f"{name} visits {TOOLS[name].does}" for name in versions if name in TOOLS]
    return "\n".join(lines)


def _row(result: dict) -> tuple[str, ...]:
    walls = [run["wall_seconds"] for run in result["runs"]]
    return (result["page"], result["tool"], f"{median(walls):.2f}", f"{min(walls):.2f}-{max(walls):.2f}", f"{_cpu(result):.2f}",
            _mebibytes(result["peak_bytes"]), _mebibytes(result["peak_without_browser_bytes"]),
            str(result["loads"]), str(result["requests"]), *(_score(result["cookies"].get(state)) for state in _COLUMNS[-3:]))


def _ratios(ours: dict, peer: dict) -> tuple[str, ...]:
    def ratio(key: str) -> str:
        return f"{ours[key] / peer[key]:.2f}" if ours[key] and peer[key] else "-"

    return (ours["page"], "ratio", f"{_wall(ours) / _wall(peer):.2f}", "", f"{_cpu(ours) / _cpu(peer):.2f}", ratio("peak_bytes"),
            ratio("peak_without_browser_bytes"), ratio("loads"), ratio("requests"), "", "", "")


def _wall(result: dict) -> float:
    return median(run["wall_seconds"] for run in result["runs"])


def _cpu(result: dict) -> float:
    return median(run["cpu_seconds"] for run in result["runs"])


def _mebibytes(size: int | None) -> str:
    return "-" if size is None else str(size >> 20)


def _score(cookies: dict | None) -> str:
    if cookies is None:
        return ""
    if cookies["reported"] is None:
        return f"none/{cookies['true']}"
    extra = f"+{len(cookies['unexpected'])}" if cookies["unexpected"] else ""
    return f"{cookies['true'] - len(cookies['missed'])}/{cookies['true']}{extra}"
