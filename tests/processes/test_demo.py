"""`manage.py demo`, as a newcomer meets it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from config.processes.ports import free_port
from config.smoke.operator import Operator
from tests.processes.conftest import StartDemo
from tests.processes.runs import ROOT, environment, processes_of

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


def test_it_starts_stops_and_goes_on_from_what_it_left(start_demo: StartDemo, tmp_path: Path) -> None:
    variables = environment(tmp_path)
    demo = start_demo(variables)
    demo.wait_until_ready()
    assert f"{demo.url}/admin/" in demo.words
    assert demo.sign_in_shown() == ("demo", "midway-demo")
    assert requests.get(f"{demo.url}/healthz", timeout=10).json()["status"] == "ok"
    Operator(demo.url).sign_in("demo", "midway-demo")

    assert demo.stop() == 0
    assert "Stopped." in demo.words
    assert processes_of(tmp_path) == []

    again = start_demo(variables)
    again.wait_until_ready()
    assert "static files" not in again.words, "nothing changed, so nothing had to be collected"
    Operator(again.url).sign_in("demo", "midway-demo")
    assert again.stop(signal.SIGHUP) == 0
    assert processes_of(tmp_path) == []


def test_a_demo_that_is_killed_leaves_nobody_behind_and_can_start_at_once(
    start_demo: StartDemo, tmp_path: Path
) -> None:
    variables = environment(tmp_path)
    demo = start_demo(variables)
    demo.wait_until_ready()
    demo.stop(signal.SIGKILL)

    again = start_demo(variables)
    again.wait_until_ready()
    assert again.stop(signal.SIGTERM) == 0
    assert processes_of(tmp_path) == []


def test_a_second_demo_on_the_same_folder_is_told_so(start_demo: StartDemo, tmp_path: Path) -> None:
    variables = environment(tmp_path)
    demo = start_demo(variables)
    demo.wait_until_ready()
    second = _run("demo", {**variables, "PORT": str(free_port())})
    assert second.returncode == 1
    assert f"Another demo (process {demo.process.pid}) works on" in second.stderr
    assert demo.stop() == 0


def test_a_live_key_is_refused(tmp_path: Path) -> None:
    refused = _run("demo", environment(tmp_path, STRIPE_SECRET_KEY="sk_live_51Habc"))
    assert refused.returncode == 1
    assert "STRIPE_SECRET_KEY holds a live key" in refused.stderr
    assert "51Habc" not in refused.stderr + refused.stdout
    assert processes_of(tmp_path) == []


def test_the_local_stripe_refuses_beside_a_live_key(tmp_path: Path) -> None:
    refused = _run("local_stripe", environment(tmp_path, STRIPE_SECRET_KEY="sk_live_51Habc"), "--port", "0")
    assert refused.returncode == 1
    assert "does not start beside it" in refused.stderr
    assert "51Habc" not in refused.stderr


def _run(command: str, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
