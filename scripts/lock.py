"""Write the two lock files from ``pyproject.toml``: what the site runs on, and what developing it takes besides."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
# Neither the command of the day nor the index it asked belongs in the files.
PLAIN = ["--custom-compile-command", "make lock", "--no-emit-index-url", "--no-emit-find-links"]


def main(extra: list[str]) -> None:
    """Compile both; ``extra`` goes to uv, for example ``--upgrade`` or ``--upgrade-package django``."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".venv" / "bin"))
    if not uv:
        sys.exit("lock: uv is needed: .venv/bin/python -m pip install uv")
    for lock, what in {
        "requirements.txt": [],
        "requirements-dev.txt": ["--group", "dev", "--constraints", "requirements.txt"],
    }.items():
        subprocess.run([uv, *COMPILE, *PLAIN, *extra, "pyproject.toml", *what, "-o", lock], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
