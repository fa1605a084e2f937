import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.processes.child import Program
from config.processes.interruption import Interruption
from config.processes.supervisor import Supervisor
from tests.processes.runs import Demo, wait_until_gone

MakeProgram = Callable[..., Program]
StartDemo = Callable[[dict[str, str]], Demo]


@pytest.fixture
def interruption() -> Interruption:
    return Interruption()


@pytest.fixture
def supervisor(tmp_path: Path, interruption: Interruption) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs", interruption)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def program() -> MakeProgram:
    """A small Python program under a name."""

    def make(name: str, code: str, *, needed_by_others: bool = False, runs_once: bool = False) -> Program:
        command = [sys.executable, "-I", "-u", "-c", code]
        return Program(name, command, os.environ, needed_by_others=needed_by_others, runs_once=runs_once)

    return make


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    started: list[Demo] = []

    def start(variables: dict[str, str]) -> Demo:
        started.append(Demo(variables))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()
    wait_until_gone(tmp_path)
