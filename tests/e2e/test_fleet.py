"""Several instances on one PostgreSQL and one Redis, while they are killed and stopped and their servers restarted: no due time is lost or
fired twice, and nothing stays started. GANNET_FLEET_SECONDS makes it longer than the short form that ./test runs."""

import os
import random
import signal
import threading

import pytest
from harness.processes import eventually
from harness.servers import Postgres, Redis
from harness.service import Service

SECONDS = float(os.environ.get("GANNET_FLEET_SECONDS", "25"))
INSTANCES = 3
SCHEDULES = 4


@pytest.fixture
def fleet(tmp_path):
    postgres, redis = Postgres(), Redis()
    environment = {"DATABASE_URL": postgres.create_database(), "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port),
                   "JWT_SECRET_KEY": "k" * 32, "LOCK_TIMEOUT": "3", "SCHEDULE_CHECK_INTERVAL": "1", "MAX_WORKERS": "2",
                   "SHUTDOWN_GRACE": "5"}
    instances = [Service(tmp_path / "data", environment) for _ in range(INSTANCES)]
    instances[0].start()
    for instance in instances[1:]:
        instance.start()
    yield instances, postgres, redis, environment["DATABASE_URL"]
    for instance in instances:
        instance.kill()
    redis.close()
    postgres.close()


def test_no_due_time_is_lost_or_fired_twice_whatever_dies(fleet):
    # Goal: the promises of firing hold under kills. Method: schedules that are due every second, on a host that no scan may reach, so that
    # runs are short; random faults from a printed seed; then calm, and the audit that `gannet doctor` makes.
    instances, postgres, redis, url = fleet
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ids = [instances[0].post("/api/v1/schedules", {
        "domain": f"http://127.0.0.1:{9 + number}", "domain_config_id": f"site-{number}", "frequency": "custom", "overlap_policy": "allow",
        "misfire_policy": "all", "scan_params": {"consent_states": ["untouched"], "max_retries": 0},
        "time_config": {"cron": "* * * * * *"}})["schedule_id"] for number in range(SCHEDULES)]

    over = threading.Event()
    timer = threading.Timer(SECONDS, over.set)
    timer.start()
    faults = {"kill": 5, "stop": 3, "postgres restarts": 1, "redis is flushed": 1, "redis restarts": 2}
    done = dict.fromkeys(faults, 0)
    while not over.wait(chance.uniform(0.5, 2.5)):
        instance = chance.choice(instances)
        [fault] = chance.choices(list(faults), list(faults.values()))
        done[fault] += 1
        if fault == "kill":
            instance.kill()
            instance.start()
        elif fault == "stop":
            instance.process.send_signal(signal.SIGSTOP)
            over.wait(chance.uniform(0.5, 4))
            instance.process.send_signal(signal.SIGCONT)
        elif fault == "postgres restarts":
            postgres.restart()
        elif fault == "redis is flushed":
            redis.command("flushall")
        else:
            redis.stop()
            over.wait(chance.uniform(0.5, 4))
            redis.start()
    print(f"faults: {done}")
    for schedule in ids:
        eventually(lambda schedule=schedule: instances[0].request("POST", f"/api/v1/schedules/{schedule}/disable").status == 200, 30, "calm again")

    # However many runs wait by now, and however slow the machine is: some end all the time, until none is left.
    unfinished = lambda: postgres.psql("SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM schedule_executions WHERE status = 'started')", url=url)[0]
    while (left := unfinished()) != ["0", "0"]:
        eventually(lambda: unfinished() != left, 120, f"what was begun ends: {left[0]} jobs, {left[1]} runs are left\n{instances[0].text()[-3000:]}")
    assert postgres.psql("SELECT count(*) FROM (SELECT schedule_id, fire_at FROM fires GROUP BY schedule_id, fire_at, kind HAVING count(*) > 1) AS twice",
                         url=url) == [["0"]]
    fired = int(postgres.psql("SELECT count(*) FROM fires WHERE state = 'ended'", url=url)[0][0])
    assert fired >= SECONDS * SCHEDULES * 0.5, f"{fired} fires ended in {SECONDS} s"
    accepted_twice = "SELECT count(*) FROM (SELECT job_id FROM schedule_executions WHERE status IN ('success', 'partial') GROUP BY job_id HAVING count(*) > 1) AS twice"
    assert postgres.psql(accepted_twice, url=url) == [["0"]]
    doctor = instances[0].command("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
