"""What the stylesheets of the chat must not ask of a browser while an answer grows."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "chat" / "static" / "chat"
SHEETS = [sheet for sheet in sorted(STATIC.glob("*.css")) if not sheet.name.startswith("admin")]
# About things that stand beside the transcript, or that nothing is ever written into.
HARMLESS = {":has(> :popover-open)", ":has(+ :popover-open)", ":has(.branches:not([hidden]))"}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_rule_has_the_whole_page_looked_at_again_for_every_piece_of_text(sheet):
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert set(re.findall(r":has\((?:[^()]|\([^()]*\))*\)", rules)) <= HARMLESS
    assert not re.search(r"[+~]\s*\*", rules), "a sibling of any kind"
