"""What the pages of documentation name is there: settings, commands with their options, modules, files, addresses."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from chat.routing import websocket_urlpatterns

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = "chat|chatproject|benchmarks|deploy|docs|scripts|templates|tests"
SIMULATED = re.compile("/(v1|_simulator)/")  # addresses of the simulator

everywhere = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def named(page, pattern):
    """All that a pattern finds on a page, each once."""
    return sorted(set(re.findall(pattern, page.read_text(encoding="utf-8"))))


@everywhere
def test_every_setting_is_in_the_example(page):
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE))
    assert set(named(page, r"\b((?:CHAT|ANTHROPIC)_[A-Z_]+[A-Z])\b")) <= known


@everywhere
def test_every_command_has_the_options_that_are_named(page):
    for name, words in named(page, r"manage\.py (\w+)([^`\n#]*)"):
        assert name in get_commands(), name
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        assert set(re.findall(r"--[a-z][a-z-]*", words)) <= parser._option_string_actions.keys(), words


@everywhere
def test_every_target_of_make_is_there(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(named(page, r"`make ([a-z-]+)")) <= targets


@everywhere
def test_every_module_that_is_run_is_there(page):
    for module in named(page, r"python -m ((?:chatproject|benchmarks|tests)[\w.]*)"):
        assert find_spec(module), module


@everywhere
def test_every_file_is_there(page):
    for path in named(page, rf"`((?:{FOLDERS})/[\w./-]*)`"):
        assert (ROOT / path).exists(), path
    for link in named(page, r"(?:\]\(|src=\"|srcset=\")(?!https?:)([^)#\"]+)"):
        assert (page.parent / link).exists(), link


@everywhere
def test_every_address_is_served(page):
    sockets = {f"/{each.pattern}" for each in websocket_urlpatterns}
    for path in named(page, r"`(?:GET |POST )?(/[a-z_]\w*[\w/.-]*)`"):
        if not SIMULATED.match(path) and path not in {*sockets, "/ws/"}:
            # The administration takes whatever begins like it, too.
            assert resolve(path).func.__name__ != "catch_all_view", path


@everywhere
def test_every_part_that_a_link_leads_to_is_there(page):
    for target, part in named(page, r"\]\(([\w.-]*)#([\w-]+)\)"):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert part in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
