"""The key that a checkout makes for itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from chatproject import secret_key


def test_it_is_made_once_and_kept_to_the_owner(tmp_path):
    path = tmp_path / "secret_key"
    key = secret_key.kept_in(path)
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key.kept_in(path) == key


def test_it_is_another_one_elsewhere(tmp_path):
    assert secret_key.kept_in(tmp_path / "a") != secret_key.kept_in(tmp_path / "b")


def test_all_that_start_at_once_agree(tmp_path):
    start = Barrier(8)

    def read(_):
        start.wait()
        return secret_key.kept_in(tmp_path / "key")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(read, range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
