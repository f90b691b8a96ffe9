"""Make this checkout ready: ``.venv``, the locked packages, and (``--system``) the programs the tests drive."""

# Run by whatever Python is there, perhaps one too old for the project: standard library only, nothing newer than 3.8.
from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 13)
SYSTEM = {"chromium": "chromium", "redis-server": "redis-server", "postgres": "postgresql"}  # program: Debian package
OFF_PATH = Path("/usr/lib/postgresql")  # Debian keeps PostgreSQL's programs there, in <version>/bin


def main() -> None:
    """Do what is missing, in order; every step says so in one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests, types and lint need")
    parser.add_argument("--system", action="store_true", help="also the programs that tests drive")
    options = parser.parse_args()
    if version_of(PYTHON) is None:
        make_venv()
    install("requirements-dev.txt" if options.dev else "requirements.txt")
    if options.system:
        install_programs()


def say(line: str) -> None:
    """Tell one step."""
    print(f"setup: {line}", flush=True)


def run(*command: object, quiet: bool = False) -> bool:
    """Whether the command succeeds; its output goes to the console unless ``quiet``."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run([str(word) for word in command], stdout=output, stderr=output, check=False).returncode == 0


# --- Python and .venv -------------------------------------------------------------------------------------------------


def version_of(python: Path | str) -> tuple[int, int] | None:
    """The version of an interpreter, None where it does not run or is not one of ours."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([str(python), "-c", question], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor = map(int, answer.split())
    return (major, minor) if OLDEST <= (major, minor) <= NEWEST else None


def find_python() -> str:
    """An interpreter of the right version, or an end with what to install."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for python in [sys.executable, *filter(None, map(shutil.which, names))]:
        if version_of(python):
            return python
    sys.exit(
        f"setup: Python 3.11 to 3.13 is needed; this is {sys.version.split()[0]}, and no other was found. "
        "Install one, for example: sudo apt-get install python3.11 python3.11-venv"
    )


def find_uv() -> str | None:
    """The uv program, where someone has it."""
    return shutil.which("uv") or shutil.which("uv", path=str(VENV / "bin"))


def make_venv() -> None:
    """Make ``.venv`` anew (it is missing, moved, or of a wrong Python)."""
    python = find_python()
    say("making .venv with Python {}.{}".format(*version_of(python) or ()))
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.which("uv"):
        made = run("uv", "venv", "--quiet", "--python", python, VENV)
    else:
        need_ensurepip(python)
        made = run(python, "-m", "venv", VENV)
    if not made:
        sys.exit(f"setup: {python} could not make .venv; what it said is above.")


def need_ensurepip(python: str) -> None:
    """Debian and Ubuntu keep venv's ensurepip in a package of its own."""
    if run(python, "-c", "import ensurepip", quiet=True):
        return
    package = "python{}.{}-venv".format(*version_of(python) or ())
    if not apt_install([package]):
        sys.exit(f"setup: this Python cannot make a .venv. Install: sudo apt-get install {package}")


# --- packages ---------------------------------------------------------------------------------------------------------


def install(lock: str) -> None:
    """Install a lock file, unless it or one that holds it is installed already."""
    if any(
        stamp(name).is_file() and stamp(name).read_text() == digest(name) for name in {lock, "requirements-dev.txt"}
    ):
        return
    uv = find_uv()
    say(f"installing {lock} with {'uv' if uv else 'pip, which takes a minute'}")
    if uv:
        # Compiled now, as pip does: the SDK alone has 2,900 modules, and not every machine keeps what it compiles.
        quick = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON]
        done = run(*quick, "--require-hashes", "-r", ROOT / lock)
    else:
        pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
        done = run(*pip, "--require-hashes", "-r", ROOT / lock)
    if not done:
        sys.exit(f"setup: {lock} could not be installed; what the installer said is above.")
    stamp(lock).write_text(digest(lock))


def stamp(lock: str) -> Path:
    """Where it is noted which state of a lock file is installed."""
    return VENV / f"installed-{lock}"


def digest(lock: str) -> str:
    """What identifies the state of a lock file."""
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


# --- system programs --------------------------------------------------------------------------------------------------


def find_program(name: str) -> str | None:
    """Where a program that tests drive is: on PATH, or the newest one where Debian hides it."""
    hidden = sorted(OFF_PATH.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, hidden)))


def install_programs() -> None:
    """Install the programs that tests drive, or say how."""
    missing = [package for program, package in SYSTEM.items() if not find_program(program)]
    if missing and not apt_install(missing):
        say(f"tests need {', '.join(missing)}. Install: sudo apt-get install {' '.join(missing)}")


def apt_install(packages: list[str]) -> bool:
    """Whether apt installed the packages; it is only asked where no password is."""
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not (shutil.which("sudo") and run("sudo", "-n", "true", quiet=True)):
        return False
    say(f"installing {' '.join(packages)} with apt-get")
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    # A package list that cannot be renewed may still be good enough.
    run(*apt, "update", quiet=True)
    return run(*apt, "install", "--yes", "--no-install-recommends", *packages, quiet=True)


if __name__ == "__main__":
    main()
