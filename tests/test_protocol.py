"""What ``docs/protocol.md`` lists is what the code says, and the other way round."""

import ast
import re
from pathlib import Path
from typing import get_args

from chat import consumers, wire

ROOT = Path(__file__).resolve().parent.parent
REFUSALS = {"Refused", "BadFrame"}


def rows(heading):
    """The first two cells of each row of the first table below a heading, the first without its quotes."""
    document = (ROOT / "docs" / "protocol.md").read_text()
    section = document.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (.*?) ?\|", section, re.MULTILINE)
    return [(name.strip("`"), more) for name, more in found[1:]]


def table(heading):
    """The first of these cells."""
    return [name for name, _ in rows(heading)]


def refused():
    """The first argument of every refusal in the code."""
    for path in sorted((ROOT / "chat").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (ast.unparse(node.func).rpartition(".")[2]) in REFUSALS:
                yield ast.literal_eval(node.args[0])


def test_every_code_of_a_refusal_is_in_the_table_and_none_more():
    assert set(refused()) == set(table("Codes of `refused`"))


def test_every_command_has_a_row_with_its_fields():
    fields = {
        name: set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", cell)))
        for name, cell in rows("Commands (client to server)")
    }
    assert fields == {
        get_args(command.model_fields["type"].annotation)[0]: command.model_fields.keys() - {"type", "id"}
        for command in get_args(wire.Command)
    }


def test_every_code_a_socket_is_closed_with_is_in_the_table():
    codes = {str(value) for name, value in vars(consumers).items() if name.isupper() and value in range(1000, 5000)}
    assert len(codes) == 7
    assert codes <= {code for row in table("Getting in") for code in row.split(", ")}
