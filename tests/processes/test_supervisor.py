import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config.processes import supervisor as module
from config.processes.errors import CannotStart, ProcessDied, Stopped
from config.processes.interruption import Interruption
from config.processes.supervisor import Supervisor
from tests.processes.conftest import MakeProgram

ROOT = Path(__file__).parent.parent.parent
FOREVER = "import time\nprint('here', flush=True)\ntime.sleep(60)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('here')\ntime.sleep(60)"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_we_wait_until_a_program_is_ready(supervisor: Supervisor, program: MakeProgram) -> None:
    child = supervisor.start(program("web", FOREVER))
    supervisor.wait_until(lambda: "here" in child.words(), child)
    assert child.exit_code is None


def test_a_program_that_is_never_ready_is_named_with_its_last_words(
    supervisor: Supervisor, program: MakeProgram
) -> None:
    child = supervisor.start(program("web", FOREVER))
    supervisor.wait_until(lambda: "here" in child.words(), child)
    with pytest.raises(CannotStart, match=r"web was not ready after 0 s; the end of .*web\.log:\n  \| here"):
        supervisor.wait_until(lambda: False, child, seconds=0.2)


def test_a_program_that_ends_is_named_with_its_last_words(supervisor: Supervisor, program: MakeProgram) -> None:
    supervisor.start(program("worker", "print('no broker for sk_test_51Habc')\nraise SystemExit(3)"))
    with pytest.raises(ProcessDied) as death:
        supervisor.watch()
    assert "worker ended by itself (exit code 3)" in str(death.value)
    assert "| no broker for sk_test_[redacted]" in str(death.value)


def test_a_program_that_runs_once_gives_back_what_it_wrote(supervisor: Supervisor, program: MakeProgram) -> None:
    child = supervisor.start(program("migrate", "print('done')", runs_once=True))
    assert supervisor.finish(child) == "done\n"
    supervisor.check()


def test_a_program_that_runs_once_and_fails_is_named(supervisor: Supervisor, program: MakeProgram) -> None:
    child = supervisor.start(program("migrate", "raise SystemExit('the disk is full')", runs_once=True))
    with pytest.raises(CannotStart, match="migrate failed") as failure:
        supervisor.finish(child)
    assert "the disk is full" in str(failure.value)


def test_the_last_words_are_those_of_this_run(supervisor: Supervisor, program: MakeProgram) -> None:
    supervisor.finish(supervisor.start(program("migrate", "print('first')", runs_once=True)))
    child = supervisor.start(program("migrate", "print('second')", runs_once=True))
    assert supervisor.finish(child) == "second\n"
    assert (supervisor.logs / "migrate.log").read_text() == "first\nsecond\n"


def test_nothing_is_left_and_what_others_need_ends_last(supervisor: Supervisor, program: MakeProgram) -> None:
    tell = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print(time.monotonic())))\n"
    needed = supervisor.start(program("broker", f"{tell}print(0)\ntime.sleep(60)", needed_by_others=True))
    needing = supervisor.start(program("worker", f"{tell}print(0)\ntime.sleep(60)"))
    supervisor.wait_until(lambda: bool(needed.words() and needing.words()), needing)
    supervisor.stop()
    assert not is_alive(needed.pid)
    assert not is_alive(needing.pid)
    assert float(needing.words().split()[1]) < float(needed.words().split()[1])
    assert supervisor.killed == []


def test_who_does_not_end_in_time_is_killed_and_named(
    supervisor: Supervisor, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    child = supervisor.start(program("worker", STUBBORN))
    supervisor.wait_until(lambda: "here" in child.words(), child)
    supervisor.stop()
    assert not is_alive(child.pid)
    assert supervisor.killed == ["worker"]


def test_a_second_ctrl_c_ends_the_patience(
    supervisor: Supervisor, program: MakeProgram, interruption: Interruption
) -> None:
    child = supervisor.start(program("worker", STUBBORN))
    supervisor.wait_until(lambda: "here" in child.words(), child)
    interruption.count = 2
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 2
    assert not is_alive(child.pid)


def test_a_signal_stops_the_wait(supervisor: Supervisor, program: MakeProgram, interruption: Interruption) -> None:
    child = supervisor.start(program("web", FOREVER))
    interruption.count = 1
    with pytest.raises(Stopped):
        supervisor.wait_until(lambda: False, child)


def test_a_supervisor_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    """Even the grandchild ends, which was never told to us."""
    code = f"""
        import os, sys
        from pathlib import Path
        from config.processes.child import Program
        from config.processes.interruption import Interruption
        from config.processes.supervisor import Supervisor
        family = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
        supervisor = Supervisor(Path({str(tmp_path)!r}), Interruption())
        child = supervisor.start(Program("web", [sys.executable, "-I", "-c", family], os.environ))
        supervisor.wait_until(lambda: bool(child.words()), child)
        print(child.pid, child.words(), flush=True)
        os.kill(os.getpid(), 9)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    pids = [int(word) for word in run.stdout.split()]
    assert len(pids) == 2, run.stderr
    deadline = time.monotonic() + 15
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, pids))
