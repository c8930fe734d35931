#!/usr/bin/env python3
"""make_cron_vectors.py FOLDER > cron_vectors.json: asks other implementations of cron when expressions fire, and says who is right.

FOLDER is where `tools/fetch_npm src/schedule/testdata/cron_vectors_packages.txt FOLDER` put the npm packages; Node, systemd-analyze and
Python's cronsim (`pip install cronsim==2.7`) are needed too. `definition`, below, is the rule itself, applied minute by minute to Python's own
zones. The file is kept in the tree, so that tests need none of this.

Where oracles differ, the case must fall under one of REVIEWS, which says whose answer is right and why; else this script fails.
"""

import datetime as dt
import json
import pathlib
import re
import subprocess
import sys
import zoneinfo

from cronsim import CronSim, CronSimError

UTC = dt.timezone.utc
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()

# A day and a half around each kind of change of the clock.
NIGHTS = [
    ("Europe/Berlin", "2026-03-28T12:00:00Z", "gap"), ("Europe/Berlin", "2026-10-24T12:00:00Z", "overlap"),
    ("Europe/Riga", "2021-03-27T12:00:00Z", "gap"), ("Europe/Riga", "2021-10-30T12:00:00Z", "overlap"),
    ("America/New_York", "2026-03-07T12:00:00Z", "gap"), ("America/New_York", "2026-10-31T12:00:00Z", "overlap"),
    ("Europe/Dublin", "2026-03-28T12:00:00Z", "gap"), ("Europe/Dublin", "2026-10-24T12:00:00Z", "overlap"),
    ("Australia/Lord_Howe", "2026-10-03T00:00:00Z", "gap"), ("Australia/Lord_Howe", "2026-04-04T00:00:00Z", "overlap"),
    ("Africa/Cairo", "2026-04-23T06:00:00Z", "gap"), ("Africa/Cairo", "2026-10-29T06:00:00Z", "overlap"),
    ("America/Asuncion", "2023-09-30T12:00:00Z", "gap"), ("America/Asuncion", "2024-03-23T12:00:00Z", "overlap"),
    ("Africa/Casablanca", "2026-03-21T12:00:00Z", "gap"), ("Africa/Casablanca", "2026-02-14T12:00:00Z", "overlap"),
    ("Antarctica/Troll", "2026-03-28T12:00:00Z", "gap"), ("Antarctica/Troll", "2026-10-24T12:00:00Z", "overlap"),
    ("Pacific/Apia", "2011-12-29T12:00:00Z", "gap"), ("Asia/Kathmandu", "2026-03-28T12:00:00Z", "none"), ("UTC", "2026-03-28T12:00:00Z", "none"),
]
NIGHT_EXPRESSIONS = ["30 2 * * *", "0 0 * * *", "30 0 * * *", "15 1 * * *", "0 3 * * *", "30 1,2,3 * * *", "*/30 * * * *", "0 */2 * * *",
                     "20 * * * *", "*/15 2 * * *"]
# (expression, zone, from, count): the calendar, away from changes of the clock.
CALENDAR = [(expression, "UTC", "2026-11-28T08:00:00Z", count) for expression, count in [
    ("0 9 * * *", 4), ("*/15 9-17 * * MON-FRI", 40), ("5,35 0,12 * * *", 5), ("0 0 1 * *", 14), ("0 0 31 * *", 8), ("0 0 30 * *", 12),
    ("0 0 29 2 *", 5), ("0 0 13 * FRI", 12), ("0 0 */2 * FRI", 6), ("0 0 13 * */5", 6), ("0 0 1-7 * MON", 12), ("0 0 * * 0", 3),
    ("0 0 * * 7", 3), ("0 0 * * SUN,WED", 5), ("0 0 * * 1-5", 8), ("0 12 1 JAN-MAR *", 5), ("0 0 1 1,7 *", 4), ("0 0 L * *", 14),
    ("0 0 L 2 *", 5), ("0 0 * * 5L", 6), ("0 0 * * FRI#2", 6), ("0 0 * * MON#5", 6), ("0 0 * * 1#1", 4), ("0 0 LW * *", 14),
    ("0 0 15W * *", 14), ("0 0 1W * *", 14), ("0 0 L-3 * *", 6), ("59 23 31 12 *", 3), ("0-59/7 4 * * *", 12), ("3-50/10 0 * * *", 7),
    ("0 8-18/3 * * *", 6), ("0 0 10-20/5 * *", 6), ("0 0 * 2-11/3 *", 40), ("@hourly", 3), ("@daily", 3), ("@weekly", 3), ("@monthly", 3), ("@yearly", 3),
    ("0 22-4 * * *", 9), ("0 22-4/2 * * *", 9), ("0 0 * * FRI-MON", 8), ("0 0 1 NOV-FEB *", 6), ("0 0 ? * MON", 3), ("0 0 1 * ?", 3)]]
CALENDAR += [(expression, "Europe/Berlin", "2026-11-28T08:00:00Z", count) for expression, count in [
    ("*/20 * * * * *", 5), ("30 15 10 * * *", 3), ("0 0 0 29 2 *", 3), ("5,10 0 0 1 * *", 6)]]
CALENDAR += [("0 0 29 2 *", zone, "2096-03-01T00:00:00Z", 2) for zone in ("UTC", "Europe/Berlin", "America/New_York")]
CALENDAR += [("30 2 * * *", zone, start, 3) for zone in ("Europe/Berlin", "Antarctica/Troll", "Europe/Dublin") for start in ("2044-03-26T12:00:00Z", "2044-10-29T12:00:00Z")]


def stamp(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Definition:
    """The rule of docs/schedules.md itself: slow, and written without the other's help."""

    def __init__(self, expression):
        nicknames = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *"}
        fields = nicknames.get(expression, expression).upper().split()
        self.has_seconds = len(fields) == 6
        fields = fields if self.has_seconds else ["0"] + fields
        self.fields = fields
        self.seconds, self.minutes, self.hours, self.months = (self.numbers(fields[i], low, high) for i, low, high in
                                                               ((0, 0, 59), (1, 0, 59), (2, 0, 23), (4, 1, 12)))
        self.wildcard = fields[1][0] == "*" or fields[2][0] == "*"
        self.both = fields[3][0] in "*?" or fields[5][0] in "*?"

    @staticmethod
    def numbers(field, low, high):
        def number(text):
            for names, first in ((MONTHS, 1), (DAYS, 0)):
                if text in names:
                    return names.index(text) + first
            return int(text)
        found = set()
        for part in field.split(","):
            span, _, step = part.partition("/")
            if span in "*?":
                first, last = low, high
            elif "-" in span:
                first, last = map(number, span.split("-"))
            else:
                first = number(span)
                last = high if step else first
            values = list(range(first, last + 1)) if first <= last else list(range(first, high + 1)) + list(range(low, last + 1))
            found.update(values[::int(step or 1)])
        return found

    def matches_day(self, day):
        following = [day + dt.timedelta(days=i) for i in range(1, 32)]
        days_left = sum(1 for other in following if (other.year, other.month) == (day.year, day.month))

        def weekdays_nearest(date):
            try:
                wanted = day.replace(day=date)
            except ValueError:
                return None
            near = [wanted + dt.timedelta(days=i) for i in (0, -1, 1, -2, 2)]
            return next(other for other in near if other.month == day.month and other.weekday() < 5)

        def by_date(part):
            if part == "L":
                return days_left == 0
            if part == "LW":
                return day.weekday() < 5 and all(other.weekday() > 4 for other in following[:days_left])
            if part.startswith("L-"):
                return days_left == int(part[2:])
            if part.endswith("W"):
                return weekdays_nearest(int(part[:-1])) == day
            return day.day in self.numbers(part, 1, 31)

        def by_weekday(part):
            sunday_first = (day.weekday() + 1) % 7
            if "#" in part:
                which, nth = part.split("#")
                return sunday_first in {n % 7 for n in self.numbers(which, 0, 6)} and (day.day - 1) // 7 + 1 == int(nth)
            if part.endswith("L"):
                return sunday_first == int(part[:-1]) % 7 and days_left < 7
            return sunday_first in {n % 7 for n in self.numbers(part, 0, 6)}

        date = any(by_date(part) for part in self.fields[3].split(","))
        weekday = any(by_weekday(part) for part in self.fields[5].split(","))
        return day.month in self.months and ((date and weekday) if self.both else (date or weekday))

    def local_matches(self, day):
        if self.matches_day(day):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    for second in sorted(self.seconds):
                        yield dt.datetime.combine(day, dt.time(hour, minute, second))

    def fires(self, zone, start, count):
        zone = zoneinfo.ZoneInfo(zone)
        day = (start - dt.timedelta(days=2)).astimezone(zone).date()
        found, enough_since = set(), None
        while enough_since is None or day <= enough_since + dt.timedelta(days=3):
            for local in self.local_matches(day):
                instants = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
                shown = sorted(at for at in instants if at.astimezone(zone).replace(tzinfo=None) == local)
                if shown:
                    found.update(shown if self.wildcard else shown[:1])
                elif not self.wildcard:
                    found.add(self.end_of_gap(local, zone))
            if enough_since is None and sum(1 for at in found if at > start) >= count:
                enough_since = day
            day += dt.timedelta(days=1)
        return sorted(at for at in found if at > start)[:count]

    @staticmethod
    def end_of_gap(local, zone):
        """The first second whose local time is later than `local`, by halving."""
        low = local.replace(tzinfo=UTC) - dt.timedelta(days=2)
        high = low + dt.timedelta(days=4)
        while high - low > dt.timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(zone).replace(tzinfo=None) > local:
                high = middle
            else:
                low = middle
        return high


def ask_definition(case):
    return [stamp(at) for at in Definition(case["expression"]).fires(case["zone"], parse(case["from"]), case["count"])]


def parse(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def ask_cronsim(case):
    nicknames = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *"}
    start = parse(case["from"]).astimezone(zoneinfo.ZoneInfo(case["zone"]))
    try:
        fires = CronSim(nicknames.get(case["expression"], case["expression"]), start)
        return [stamp(next(fires)) for _ in range(case["count"])]
    except CronSimError:
        return None


def calendar_spec(expression, zone):
    """The same for systemd.time(7), or None: it has no steps over names, no `or` of the day fields, and none of L, W, #."""
    fields = expression.upper().split()
    fields = fields if len(fields) == 6 else ["0"] + fields
    if len(fields) != 6 or re.search(r"[LW#?@]", "".join(fields[3:4]) + fields[5].replace("WED", "")) or (fields[3] != "*" and fields[5] != "*"):
        return None
    names = "Sun Mon Tue Wed Thu Fri Sat Sun".split()

    def numbers(field, low):
        def part(text):
            span, _, step = text.partition("/")
            first, _, last = span.partition("-")
            if first == "*":
                return f"{low}/{step}" if step else "*"
            if first in MONTHS:
                first, last = MONTHS.index(first) + 1, MONTHS.index(last) + 1 if last else ""
            if last and int(last) < int(first):
                raise ValueError
            return f"{first}" + (f"..{last}" if last else "") + (f"/{step}" if step else "")
        return ",".join(part(text) for text in field.split(","))

    def weekday(text):
        return names[int(text)] if text.isdigit() else text.title()
    try:
        days = "" if fields[5] == "*" else ",".join("..".join(weekday(end) for end in part.split("-")) for part in fields[5].split(","))
        if "*" in days or "/" in days:
            return None
        days += " " if days else ""
        return f"{days}*-{numbers(fields[4], 1)}-{numbers(fields[3], 1)} {numbers(fields[2], 0)}:{numbers(fields[1], 0)}:{numbers(fields[0], 0)} {zone}"
    except ValueError:
        return None


def ask_systemd(case):
    spec = calendar_spec(case["expression"], case["zone"])
    if spec is None:
        return None
    command = ["systemd-analyze", "calendar", f"--iterations={case['count']}", "--base-time", case["from"].replace("T", " ").replace("Z", " UTC"), spec]
    answer = subprocess.run(command, capture_output=True, text=True, env={"TZ": "Asia/Kathmandu", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}, check=False)
    if answer.returncode != 0:
        return None
    fires = []
    for line in answer.stdout.splitlines():
        if match := re.search(r"\(in UTC\): \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", line):
            fires.append(match.group(1).replace(" ", "T") + "Z")
    return fires if len(fires) == case["count"] else None


def ask_npm(cases, folder):
    script = pathlib.Path(__file__).with_name("ask_cron_oracles.mjs")
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    answer = subprocess.run(["node", script, folder], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in answer.stdout.splitlines()]


# Who differs and why `definition` stands: (predicate on case and the names that differ, why).
REVIEWS = [
    (lambda case, names: case["kind"] == "gap" and not Definition(case["expression"]).wildcard,
     "A time that the clock jumps over fires once, when the jump is made, together with what is due then: Vixie, Debian. croner drops it where "
     "other hours follow, cron-parser moves it as far into the day or fires the hour's other slots, systemd skips it."),
    (lambda case, names: case["kind"] == "overlap" and not Definition(case["expression"]).wildcard,
     "A time of day that comes twice fires at the first: Vixie, Debian. croner and cron fire lists of hours at both, others at the second."),
    (lambda case, names: case["kind"] in ("gap", "overlap") and Definition(case["expression"]).wildcard,
     "A wildcard follows real time and fires at every instant that matches, once: Vixie, Debian. systemd is silent for the repeated hour, cron and "
     "cron-parser add a slot where the gap ends or fire the repeated hour of a step once, cronsim loses 02:00 after the half hour of Lord Howe."),
    (lambda case, names: case["expression"] in ("0 0 */2 * FRI", "0 0 13 * */5"),
     "A field that begins with * asks for both day fields: Vixie, Debian. The others take only a plain * so."),
    (lambda case, names: case["kind"] == "calendar" and case["from"] == "2096-03-01T00:00:00Z",
     "2100 is no leap year, so the next 29 February is in 2104. Some oracles stop searching earlier."),
    (lambda case, names: case["kind"] == "calendar" and case["from"].startswith("2044") and "cronsim" not in names,
     "Summer time goes on after 2037 by the zone file's footer. The rest is as in 2026."),
]


def main():
    folder = sys.argv[1]
    cases = [{"expression": expression, "zone": zone, "from": start, "count": 50 if expression[0] == "*" and expression != "*/15 2 * * *" else 8, "kind": kind}
             for zone, start, kind in NIGHTS for expression in NIGHT_EXPRESSIONS]
    cases += [{"expression": expression, "zone": zone, "from": start, "count": count, "kind": "calendar"} for expression, zone, start, count in CALENDAR]
    failed, vectors = [], []
    for case, by_npm in zip(cases, ask_npm(cases, folder)):
        answers = {"cronsim": ask_cronsim(case), "systemd": ask_systemd(case), **by_npm}
        right = ask_definition(case)
        agree = sorted(name for name, fires in answers.items() if fires == right)
        differ = sorted(name for name, fires in answers.items() if fires is not None and fires != right)
        vector = {key: case[key] for key in ("expression", "zone", "from")} | {"expected": right, "agree": agree}
        if differ:
            why = next((why for applies, why in REVIEWS if applies(case, differ)), None)
            if why is None or not agree and case["kind"] == "calendar":
                failed.append((case, agree, {name: answers[name] for name in differ}, right))
                continue
            vector |= {"differ": differ, "why": why}
        elif not agree:
            vector["why"] = "No oracle takes this form (a range that wraps; L-3): the definition stands alone."
        vectors.append(vector)
    for case, agree, differ, right in failed:
        print(case, "\n  agree", agree, "\n  definition", right, file=sys.stderr)
        for name, fires in differ.items():
            print("  ", name, fires, file=sys.stderr)
    if failed:
        sys.exit(f"{len(failed)} of {len(cases)} cases differ without a review")
    tzdata = pathlib.Path("/usr/share/zoneinfo/tzdata.zi").read_text().split("\n", 1)[0].removeprefix("# version ")
    print(json.dumps({"made_by": "make_cron_vectors.py", "tzdata": tzdata, "oracles": ["cronsim 2.7", "croner 11.0.1", "cron-parser 5.10.6", "cron 4.4.0", "systemd-analyze 252"]})[:-1] + ', "vectors": [')
    print(",\n".join(json.dumps(vector) for vector in vectors))
    print("]}")


main()
