"""`manage.py smoke`: the whole way of one order, in real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.runs import ROOT, environment, processes_of

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


def test_one_order_is_paid_and_its_webhook_taken_in(tmp_path: Path) -> None:
    variables = environment(tmp_path / "unused", TMPDIR=str(tmp_path))
    command = [sys.executable, "manage.py", "smoke"]
    run = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout.splitlines()[-1])
    assert report["payment"] == f"{report['order']}-P1"
    assert report["reference"].startswith("pi_")
    assert (report["status"], report["webhook_received"]) == ("captured", True)
    assert (report["amount"], report["currency"], report["gateway"]) == (4900, "USD", "Smoke")
    assert report["seconds"] > 0
    assert list(tmp_path.iterdir()) == [], "the folder of the run is gone"
    assert processes_of(tmp_path) == []
