"""The settings as a process sees them, each in a process of its own."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHOW = (
    "import json, chatproject.settings as s;"
    "print(json.dumps({n: getattr(s, n) for n in dir(s) if n.isupper()}, default=str))"
)


def environment(**variables):
    keep = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return keep | {"ENV_FILE": os.devnull, "SECRET_KEY": "for-this-test-only"} | variables


def show(**variables):
    run = [sys.executable, "-c", SHOW]
    return json.loads(subprocess.check_output(run, cwd=ROOT, env=environment(**variables), text=True))


def manage(*command, **variables):
    run = [sys.executable, "manage.py", *command]
    return subprocess.run(run, cwd=ROOT, env=environment(**variables), capture_output=True, text=True, timeout=60)


def test_it_needs_no_variable():
    settings = show()
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["NAME"] == str(ROOT / "var" / "chat.sqlite3")
    assert settings["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert settings["SESSION_COOKIE_SECURE"] is False
    assert settings["ANTHROPIC_API_KEY"] == ""


def test_redis_carries_both_layers_and_the_cache():
    settings = show(REDIS_URL="redis://localhost:6379/1")
    for alias in ("default", "relay"):
        layer = settings["CHANNEL_LAYERS"][alias]
        assert layer["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
        assert layer["CONFIG"] == {"hosts": ["redis://localhost:6379/1"]}
    assert "redis" in settings["CACHES"]["default"]["BACKEND"]


def test_https_origins_make_the_cookies_secure():
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    https = show(CSRF_TRUSTED_ORIGINS="https://chat.example.org")
    assert [https[name] for name in names] == [True, True]
    mixed = show(CSRF_TRUSTED_ORIGINS="https://chat.example.org,http://10.0.0.1")
    assert [mixed[name] for name in names] == [False, False]


def test_a_file_named_dot_env_is_read(tmp_path):
    (tmp_path / ".env").write_text("CHAT_SIGNUP=1\nCHAT_DETACHED_SECONDS=\n")
    settings = show(ENV_FILE=str(tmp_path / ".env"))
    assert settings["CHAT_SIGNUP"] is True
    assert settings["CHAT_DETACHED_SECONDS"] is None


def read_by_settings():
    tree = ast.parse((ROOT / "chatproject" / "settings.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return {
        call.args[0].value for call in calls if isinstance(call.func.value, ast.Name) and call.func.value.id == "env"
        if isinstance(call.args[0], ast.Constant)
    }  # fmt: skip


def in_the_example():
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = (line.removeprefix("# ").partition("=") for line in lines if line.startswith("# ") and "=" in line)
    return {name: value for name, _, value in pairs if name.isupper() and name.isidentifier()}


def read_by_compose():
    return set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))


def test_the_example_names_every_variable():
    assert in_the_example().keys() == read_by_settings() | read_by_compose()


def test_the_example_shows_the_defaults(tmp_path):
    example = in_the_example()
    del example["ENV_FILE"], example["SECRET_KEY"]
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in example.items()))
    assert show(ENV_FILE=str(tmp_path / ".env")) == show()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"DATABASE_URL": "postgres://u:hidden@h:port/d"},
            "Configuration: DATABASE_URL is malformed: expected sqlite:",
        ),
        ({"REDIS_URL": "localhost:6379"}, "Configuration: REDIS_URL is malformed: expected redis://"),
        ({"CHAT_MAX_TOKENS": "lots"}, "Configuration: CHAT_MAX_TOKENS='lots': expected a number."),
        ({"CHAT_RUNNER": "worker"}, "Configuration: CHAT_RUNNER=worker needs REDIS_URL"),
        (
            {"CSRF_TRUSTED_ORIGINS": "chat.example.org"},
            "Configuration: CSRF_TRUSTED_ORIGINS: 'chat.example.org' is not",
        ),
    ],
)
def test_a_bad_variable_is_told_in_one_sentence(variables, sentence):
    done = manage("migrate", **variables)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////nowhere/at/all.sqlite3", "unable to open database file"),
        ("postgres://u:hidden@127.0.0.1:{port}/d", "Connection refused"),
    ],
)
def test_a_database_that_does_not_answer_is_told_in_a_sentence(url, why, unused_port):
    done = manage("migrate", DATABASE_URL=url.format(port=unused_port))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("The database does not answer (check DATABASE_URL, and that its server runs): ")
    assert why in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader, this is no database. " * 10)
    done = manage("migrate", DATABASE_URL=f"sqlite:///{tmp_path}/letter.txt")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("file is not a database")
    assert "Traceback" not in done.stderr


def test_a_database_without_our_tables_is_told_in_a_sentence(tmp_path):
    done = manage("ask", "Hello", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert done.returncode == 1
    sentence = "The database is older than the code: run manage.py migrate (no such table: chat_user)."
    assert done.stderr.strip() == sentence


def test_a_redis_that_does_not_answer_is_told_before_serving(unused_port, tmp_path):
    variables = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/chat.sqlite3",
        "REDIS_URL": f"redis://127.0.0.1:{unused_port}",
    }
    assert manage("migrate", "--verbosity", "0", **variables).returncode == 0
    done = manage("welcome", **variables)
    assert done.returncode == 1
    assert "Redis does not answer: check REDIS_URL, and that Redis runs." in done.stderr
    assert "leave REDIS_URL and CHAT_RUNNER unset" in done.stderr
    assert "Traceback" not in done.stderr
