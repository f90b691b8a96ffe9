"""Setting up a checkout: the script, the lock files, and what must not be in the repository."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts import check_port, setup

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN, DEVELOP = "requirements.txt", "requirements-dev.txt"


def pins(lock):
    """Name to version(s) of a lock file; a package may be there twice with different markers."""
    found = {}
    for line in (ROOT / lock).read_text().splitlines():
        if line and line[0].isalnum():
            requirement = Requirement(line.removesuffix("\\").strip())
            (pin,) = requirement.specifier
            found.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return found


class TestLocks:
    @pytest.mark.parametrize(
        ("lock", "wanted"),
        [
            (RUN, PROJECT["project"]["dependencies"]),
            (DEVELOP, PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
        ],
    )
    def test_they_fit_the_project(self, lock, wanted):
        pinned = pins(lock)
        for requirement in map(Requirement, wanted):
            versions = pinned.get(canonicalize_name(requirement.name), {"none"})
            assert all(version in requirement.specifier for version in versions - {"none"}), requirement
            assert "none" not in versions, f"{requirement} is not in {lock}: make lock"

    def test_developing_stands_on_what_runs(self):
        assert pins(RUN).items() <= pins(DEVELOP).items()

    @pytest.mark.parametrize("lock", [RUN, DEVELOP])
    def test_they_hold_hashes_and_no_address(self, lock):
        text = (ROOT / lock).read_text()
        _, *entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text
        assert not re.search(r"^-", text, re.MULTILINE)


def test_no_file_names_a_package_registry():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    # Spelled apart, so that this file does not name one.
    hosts = re.compile("|".join([r"pypi\.", r"pythonhosted\.", r"registry\.npmjs", r"registry\.yarn", r"npmmirror\."]))
    named = [name for name in filter(None, tracked.stdout.split("\0")) if name != "tests/test_setup.py"]
    texts = {name: (ROOT / name).read_text(errors="replace") for name in named if (ROOT / name).is_file()}
    assert not [name for name, text in texts.items() if hosts.search(text)]


def program(folder, name, script):
    """A small program that stands in for a real one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty checkout with one lock of each kind, where nothing is on PATH, and the commands that would be run."""
    for lock in (RUN, DEVELOP):
        (tmp_path / lock).write_text(lock)
    (tmp_path / "bin").mkdir()
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(setup, "OFF_PATH", tmp_path / "postgresql")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """What the script would have run; all of it succeeds."""
    seen = []
    monkeypatch.setattr(setup, "run", lambda *words, quiet=False: seen.append(" ".join(map(str, words))) or True)
    return seen


class TestPython:
    @pytest.mark.parametrize(
        ("answer", "version"), [("3 11", (3, 11)), ("3 13", (3, 13)), ("3 10", None), ("3 14", None)]
    )
    def test_it_takes_the_versions_we_support(self, tmp_path, answer, version):
        assert setup.version_of(program(tmp_path, "python", f"echo {answer}")) == version

    def test_it_does_not_mind_one_that_is_missing_or_broken(self, tmp_path):
        assert setup.version_of(tmp_path / "missing") is None
        assert setup.version_of(program(tmp_path, "python", "exit 1")) is None

    def test_it_finds_another_than_the_one_that_runs_it(self, checkout, monkeypatch):
        old = program(checkout / "bin", "python3", "echo 3 9")
        program(checkout / "bin", "python3.12", "echo 3 12")
        monkeypatch.setattr(sys, "executable", str(old))
        assert setup.find_python() == str(checkout / "bin" / "python3.12")

    def test_it_says_what_to_install_where_there_is_none(self, checkout, monkeypatch):
        monkeypatch.setattr(sys, "executable", str(program(checkout / "bin", "python3", "echo 3 9")))
        with pytest.raises(SystemExit, match=r"Python 3\.11 to 3\.13 is needed.*apt-get install python3\.11"):
            setup.find_python()

    def test_it_says_what_to_install_where_debian_left_out_venv(self, checkout, monkeypatch):
        python = program(checkout / "bin", "python3", 'case "$2" in *ensurepip*) exit 1;; *) echo 3 11;; esac')
        with pytest.raises(SystemExit, match=r"sudo apt-get install python3\.11-venv"):
            setup.need_ensurepip(str(python))

    def test_the_supported_versions_are_the_project_s(self):
        assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
        assert (setup.OLDEST, setup.NEWEST) == ((3, 11), (3, 13))


class TestPackages:
    def test_it_installs_once_until_the_lock_changes(self, checkout, commands):
        setup.install(RUN)
        setup.install(RUN)
        assert len(commands) == 1
        assert "--require-hashes" in commands[0]
        (checkout / RUN).write_text("newer")
        setup.install(RUN)
        assert len(commands) == 2

    def test_what_is_there_for_developing_is_enough_to_run(self, checkout, commands):
        setup.install(DEVELOP)
        setup.install(RUN)
        assert len(commands) == 1
        (checkout / DEVELOP).write_text("newer")
        setup.install(RUN)
        assert len(commands) == 2

    def test_what_is_there_to_run_is_not_enough_for_developing(self, checkout, commands):
        setup.install(RUN)
        setup.install(DEVELOP)
        assert len(commands) == 2

    def test_it_takes_uv_where_there_is_one(self, checkout, commands):
        program(checkout / "bin", "uv", "")
        setup.install(RUN)
        assert commands[0].startswith(f"{checkout}/bin/uv pip install")

    def test_it_ends_with_a_sentence_when_the_installer_fails(self, checkout, monkeypatch):
        monkeypatch.setattr(setup, "run", lambda *words, quiet=False: False)
        with pytest.raises(SystemExit, match=r"requirements\.txt could not be installed"):
            setup.install(RUN)
        assert not setup.stamp(RUN).exists()


class TestPrograms:
    def test_it_installs_nothing_that_is_there(self, checkout, commands):
        for name in setup.SYSTEM:
            program(checkout / "bin", name, "")
        setup.install_programs()
        assert not commands

    def test_it_finds_the_newest_postgresql_off_the_path(self, checkout):
        for version in ("9.6", "15", "17"):
            folder = checkout / "postgresql" / version / "bin"
            folder.mkdir(parents=True)
            program(folder, "initdb", "")
        assert setup.find_program("initdb") == str(checkout / "postgresql" / "17" / "bin" / "initdb")
        assert setup.find_program("postgres") is None

    def test_it_installs_as_root(self, checkout, commands, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        program(checkout / "bin", "apt-get", "")
        setup.install_programs()
        assert commands[-1].endswith("install --yes --no-install-recommends chromium redis-server postgresql")
        assert "sudo" not in commands[-1]

    def test_it_uses_sudo_that_asks_nothing(self, checkout, commands, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        program(checkout / "bin", "apt-get", "")
        program(checkout / "bin", "sudo", "")
        setup.install_programs()
        assert commands[-1].startswith("sudo -n ")

    @pytest.mark.parametrize("there", [[], ["apt-get"]])
    def test_it_prints_the_command_where_it_may_not(self, checkout, commands, monkeypatch, capsys, there):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        for name in there:
            program(checkout / "bin", name, "")
        setup.install_programs()
        assert not commands
        assert "sudo apt-get install chromium redis-server postgresql" in capsys.readouterr().out


class TestPort:
    def test_it_says_nothing_about_a_free_one(self, unused_port):
        assert check_port.problem("127.0.0.1", str(unused_port)) == ""

    def test_it_says_when_one_is_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            assert check_port.problem("127.0.0.1", str(port)) == f"port {port} is in use: make run PORT={port + 1}"

    @pytest.mark.parametrize("port", ["", "x", "-1", "0", "65536"])
    def test_it_says_what_is_no_port(self, port):
        assert "is no port" in check_port.problem("127.0.0.1", port)

    def test_it_says_what_is_no_address_of_ours(self):
        assert "192.0.2.1 is no address of this machine" in check_port.problem("192.0.2.1", "8000")


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_alone_lists_the_targets():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "bench"):
        assert re.search(rf"^{target} +\S", listed, re.MULTILINE)
