"""The typed readers of environment variables."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chatproject import env


@pytest.fixture
def given(monkeypatch):
    """Set the variable ``X``."""
    return lambda value: monkeypatch.setenv("X", value)


class TestFlag:
    @pytest.mark.parametrize("value", ["1", "true", "Yes", " on "])
    def test_it_is_true(self, given, value):
        given(value)
        assert env.flag("X") is True

    @pytest.mark.parametrize("value", ["0", "false", "No", "off", ""])
    def test_it_is_false(self, given, value):
        given(value)
        assert env.flag("X", default=True) is False

    def test_it_has_a_default(self):
        assert env.flag("X") is False
        assert env.flag("X", default=True) is True

    def test_it_names_what_it_does_not_understand(self, given):
        given("maybe")
        with pytest.raises(ImproperlyConfigured, match="X='maybe': expected 1 or 0"):
            env.flag("X")


class TestNumber:
    def test_it_is_a_number(self, given):
        given(" 2.5 ")
        assert env.number("X", 1) == 2.5

    @pytest.mark.parametrize("value", ["", "  "])
    def test_it_is_the_default_when_empty(self, given, value):
        given(value)
        assert env.number("X", 7) == 7

    @pytest.mark.parametrize("value", ["many", "nan", "inf", "-1", "1e999"])
    def test_it_names_what_it_does_not_take(self, given, value):
        given(value)
        with pytest.raises(ImproperlyConfigured, match="X="):
            env.number("X", 1)

    def test_it_may_be_none_when_set_and_empty(self, given):
        assert env.optional_number("X", 120) == 120
        given("")
        assert env.optional_number("X", 120) is None
        given("0")
        assert env.optional_number("X", 120) == 0

    def test_it_may_have_to_be_whole(self, given):
        given("3")
        assert env.whole("X", 1) == 3
        for value in ("2.5", "0", "-3"):
            given(value)
            with pytest.raises(ImproperlyConfigured, match="X="):
                env.whole("X", 1)


class TestWords:
    def test_it_splits_at_commas(self, given):
        given(" a, b ,,c")
        assert env.words("X") == ["a", "b", "c"]

    def test_it_takes_one_of_the_choices(self, given):
        given("worker")
        assert env.choice("X", ("inline", "worker"), "inline") == "worker"
        given("thread")
        with pytest.raises(ImproperlyConfigured, match="X='thread': expected one of inline, worker"):
            env.choice("X", ("inline", "worker"), "inline")

    def test_it_wants_origins_with_their_scheme(self, given):
        given("https://chat.example.org,http://10.0.0.1:8000")
        assert env.origins("X") == ["https://chat.example.org", "http://10.0.0.1:8000"]
        for value in ("chat.example.org", "https://chat.example.org/", "ftp://chat.example.org", "https://"):
            given(value)
            with pytest.raises(ImproperlyConfigured, match="is not an origin"):
                env.origins("X")

    def test_it_wants_urls_of_the_right_kind(self, given):
        assert env.url("X", ("redis",)) == ""
        for value in ("redis://localhost:6379/0", "redis://:secret@10.0.0.1"):
            given(value)
            assert env.url("X", ("redis",)) == value
        for value in ("localhost:6379", "http://localhost", "redis://", "redis://:secret@[", "redis://h:port"):
            given(value)
            with pytest.raises(ImproperlyConfigured, match=r"X is malformed: expected redis://") as error:
                env.url("X", ("redis",))
            assert "secret" not in str(error.value)


class TestDatabase:
    def test_it_is_a_sqlite_file(self, given):
        given("sqlite:////data/my%20chat.sqlite3")
        database = env.database("X", "")
        assert database["NAME"] == "/data/my chat.sqlite3"
        assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"

    def test_it_is_postgresql_with_a_pool_and_no_lasting_connections(self, given):
        given("postgres://chat:p%40ss@db:5433/chat?sslmode=require&connect_timeout=2")
        database = env.database("X", "")
        found = [database[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "CONN_MAX_AGE")]
        assert found == ["chat", "p@ss", "db", "5433", "chat", 0]
        options = database["OPTIONS"]
        assert (options["sslmode"], options["connect_timeout"]) == ("require", "2")
        assert options["pool"]

    def test_a_server_that_vanished_without_a_word_is_given_up_in_less_than_a_minute(self, given):
        given("postgres://chat@db/chat?tcp_user_timeout=20000")
        options = env.database("X", "")["OPTIONS"]
        known = {name: value for name, value in options.items() if name != "pool"}
        told = conninfo_to_dict(make_conninfo(**known))
        idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
        assert idle + interval * count < 60
        assert told["tcp_user_timeout"] == "20000", "the address says otherwise"

    @pytest.mark.parametrize(
        "value",
        ["chat.sqlite3", "sqlite://chat.sqlite3", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://h",
         "postgres://u:secret@[h/d"],
    )  # fmt: skip
    def test_it_says_what_it_expected_and_keeps_the_password_to_itself(self, given, value):
        given(value)
        with pytest.raises(ImproperlyConfigured, match="X is malformed: expected sqlite:///") as error:
            env.database("X", "")
        assert "secret" not in str(error.value)


class TestFile:
    def test_it_fills_what_the_environment_leaves_open(self, tmp_path, monkeypatch):
        monkeypatch.setenv("X", "from outside")
        monkeypatch.setenv("Y", "gone")
        monkeypatch.delenv("Y")
        file = tmp_path / ".env"
        file.write_text("# a comment\n\nX=inside\nexport Y = 'a b = c' \n")
        env.load(file)
        assert (env.text("X"), env.text("Y")) == ("from outside", "a b = c")

    def test_it_need_not_be_there(self, tmp_path):
        env.load(tmp_path / "missing")

    @pytest.mark.parametrize("line", ["SECRET", "1X=2", "=3", "A B=4"])
    def test_it_names_the_line_it_does_not_understand(self, tmp_path, line):
        file = tmp_path / ".env"
        file.write_text(f"# fine\n{line}\n")
        with pytest.raises(ImproperlyConfigured, match=r"\.env, line 2: expected NAME=value"):
            env.load(file)
