"""What `make setup` decides; the installation itself is what every test run has come through."""

import importlib.util
import os
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("midway_setup", ROOT / "scripts" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("demo", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


def test_what_is_installed_is_not_installed_again(setup: ModuleType) -> None:
    assert not setup.is_installed("demo")
    setup.stamp("demo").write_text(setup.fingerprint("demo"))
    assert setup.is_installed("demo")
    assert not setup.is_installed("dev")


def test_the_tools_of_developers_include_what_the_demo_needs(setup: ModuleType) -> None:
    setup.stamp("dev").write_text(setup.fingerprint("dev"))
    assert setup.is_installed("demo")


def test_changed_requirements_are_installed(setup: ModuleType) -> None:
    setup.stamp("demo").write_text(setup.fingerprint("demo"))
    setup.requirements("demo").write_text("demo==2\n")
    assert not setup.is_installed("demo")


def test_the_settings_are_written_once_and_for_their_owner_alone(setup: ModuleType) -> None:
    setup.write_settings()
    file = setup.ROOT / ".env"
    written = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    setup.write_settings()
    assert file.read_text() == written


def test_two_machines_have_different_keys(setup: ModuleType) -> None:
    setup.write_settings()
    first = (setup.ROOT / ".env").read_text()
    (setup.ROOT / ".env").unlink()
    setup.write_settings()
    assert (setup.ROOT / ".env").read_text() != first


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("NewConnectionError: refused", "pip reached no package index"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "differs from the one that requirements/ pins"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("something else", "pip failed:\n  something else"),
    ],
)
def test_a_failed_installation_is_explained(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, output: str, sentence: str
) -> None:
    monkeypatch.setattr(setup, "LOG", setup.ROOT / "setup.log")
    assert sentence in setup.explain(output)


def test_a_python_that_does_not_do_is_named(tmp_path: Path) -> None:
    for name, complaint in [("python3.12", "comes without venv"), ("python3", "is Python 3.9")]:
        (tmp_path / name).write_text(f"#!/bin/sh\necho {complaint} >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHON": f"{tmp_path}/python3.12 {tmp_path}/python3 no-such-python"}
    command = ["sh", "scripts/setup.sh", "demo"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Midway needs Python 3.11 or later" in run.stderr
    for line in ("python3.12: comes without venv", "python3: is Python 3.9", "no-such-python: not found"):
        assert line in run.stderr
