"""The secret key of a checkout: made on its first start and kept beside the database."""

import os
import secrets
from pathlib import Path


def kept_in(path: Path) -> str:
    """The key in ``path``, made with mode 0600 if it is missing; two processes that start at once agree on it."""
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        # A link appears whole or not at all, and the second of two fails: everybody then reads the first one's key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
