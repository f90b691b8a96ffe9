"""What has to be told apart can be, in light and dark: WCAG's contrast, 4.5 for text, 3 for what is drawn."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "chat" / "static" / "chat"
THEME = (STATIC / "theme.css").read_text(encoding="utf-8")
COLOURS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", THEME)}
GROUNDS = ("bg", "bg-side", "bg-raised")
TEXT = [(text, ground) for text in ("fg", "muted", "faint", "accent", "danger", "warn") for ground in GROUNDS]
TEXT += [("muted", "bg-hover"), ("accent-fg", "accent"), ("accent", "accent-soft"), ("fg", "accent-soft")]
TEXT += [("danger", "danger-soft"), ("fg", "danger-soft"), ("warn", "warn-soft"), ("fg", "mark"), ("fg", "bubble")]
DRAWN = [(name, "bg-raised") for name in COLOURS if name.startswith("series-")]
DRAWN += [("line-strong", ground) for ground in ("bg", "bg-raised")]


def luminance(colour):
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("front", "ground", "least"), [(*pair, 4.5) for pair in TEXT] + [(*pair, 3) for pair in DRAWN])
def test_it_stands_out_in_light_and_dark(front, ground, least):
    for one, other in zip(COLOURS[front], COLOURS[ground], strict=True):
        assert contrast(one, other) >= least, (one, other)


def test_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
