"""Generated answers are exact in size and always the same."""

import pytest

from chat.simulator import answer_text
from chat.simulator.generators import GENERATORS, generate

from .conftest import sim


@pytest.mark.parametrize("name", sorted(GENERATORS))
@pytest.mark.parametrize("size", [0, 1, 999, 100_000])
def test_it_makes_exactly_as_many_characters_as_asked(name, size):
    assert len(generate(name, size)) == size


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_a_longer_text_begins_with_the_shorter_one(name):
    assert generate(name, 5000).startswith(generate(name, 800))


def test_code_is_one_block_and_a_paragraph_one_paragraph():
    assert generate("code", 60_000).count("```") == 1
    assert "\n" not in generate("paragraph", 60_000)


def test_answer_text_foretells_a_generated_answer():
    assert answer_text(sim(generate="unicode", size=500)) == generate("unicode", 500)
    assert len(answer_text(sim(generate="code", size=9000, tokens=10))) < 60
