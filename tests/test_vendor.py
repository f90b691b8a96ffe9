"""The vendored libraries are the ones that the manifest names, each with its licence."""

import hashlib
import json

from scripts import vendor

PACKAGES = json.loads(vendor.MANIFEST.read_text())["packages"]


def test_every_file_is_the_one_that_the_manifest_names():
    listed = {path: digest for package in PACKAGES for path, digest in package["files"].items()}
    present = {
        str(path.relative_to(vendor.VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.VENDOR.rglob("*")
        if path.is_file() and path != vendor.MANIFEST
    }
    assert present == listed


def test_every_package_comes_with_its_licence():
    for package in PACKAGES:
        assert package["licence"]
        assert [path for path in package["files"] if path.endswith("LICENSE")]


def test_a_file_that_was_changed_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    (tmp_path / "a.js").write_bytes(b"changed")
    files = {"a.js": b"as packed"}
    package = {"name": "a", "integrity": "sha512-x", "files": vendor.digests(files)}
    assert vendor.differences(package, "sha512-x", files) == ["a.js: differs from the package"]
    assert vendor.differences(package, "sha512-y", files)[0] == "a: the package's integrity is sha512-y"


def test_references_to_files_that_are_not_here_are_trimmed():
    assert vendor.trimmed(b"code\n//# sourceMappingURL=x.js.map\n") == b"code\n"
    font = b'url(fonts/A.woff2) format("woff2"),url(fonts/A.woff) format("woff"),url(fonts/A.ttf) format("truetype")'
    assert vendor.trimmed(font) == b'url(fonts/A.woff2) format("woff2")'
