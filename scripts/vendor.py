"""Check the vendored libraries of the page against their packages, or pack them anew.

`python3 scripts/vendor.py` packs every package of manifest.json with `npm pack` and compares; with `--write` it writes
the files and the manifest, so a new version is: change `version` in the manifest, run with `--write`, run the tests.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "chat" / "static" / "chat" / "vendor"
MANIFEST = VENDOR / "manifest.json"

# Django's manifest storage refuses references to files that are not there: the source map, and fonts in old formats.
SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*\n?", re.MULTILINE)
OLD_FONTS = re.compile(rb',url\(fonts/[^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)')


def pack(name: str, version: str, folder: Path) -> Path:
    """Fetch one package as npm publishes it."""
    command = ["npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return folder / output.strip().splitlines()[-1]


def integrity(archive: Path) -> str:
    """The digest of a package in npm's notation."""
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def contents(archive: Path, paths: dict[str, str]) -> dict[str, bytes]:
    """The wanted files by the path they have here; a `*` on both sides stands for any name."""
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inside = member.name.removeprefix("package/")
            for ours, theirs in paths.items():
                match = re.fullmatch(re.escape(theirs).replace(r"\*", "([^/]+)"), inside)
                file = tar.extractfile(member) if match else None
                if match and file:
                    found[ours.replace("*", *match.groups() or ("",))] = trimmed(file.read())
    return dict(sorted(found.items()))


def trimmed(content: bytes) -> bytes:
    """Without references to files that are not vendored."""
    return OLD_FONTS.sub(b"", SOURCE_MAP.sub(b"", content))


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """The sha256 of each file."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def differences(package: dict, packed: str, files: dict[str, bytes]) -> list[str]:
    """What is not as the manifest and the registry say, one line each."""
    wrong = []
    if packed != package["integrity"]:
        wrong.append(f"{package['name']}: the package's integrity is {packed}")
    if digests(files) != package["files"]:
        wrong.append(f"{package['name']}: the manifest lists other files")
    for path, content in files.items():
        if not (VENDOR / path).is_file() or (VENDOR / path).read_bytes() != content:
            wrong.append(f"{path}: differs from the package")
    return wrong


def write(package: dict, packed: str, files: dict[str, bytes]) -> None:
    """Put the files in place and their digests into the manifest's entry."""
    for path in set(package["files"]) - set(files):
        (VENDOR / path).unlink(missing_ok=True)
    for path, content in files.items():
        (VENDOR / path).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / path).write_bytes(content)
    package |= {"integrity": packed, "files": digests(files)}


def main() -> int:
    """Go through the manifest; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the files instead of comparing them")
    wanted = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text())
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for package in manifest["packages"]:
            archive = pack(package["name"], package["version"], Path(folder))
            found = integrity(archive), contents(archive, package["paths"])
            if wanted.write:
                write(package, *found)
            else:
                wrong += differences(package, *found)
    if wanted.write:
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
