"""The walls of ``architecture.md``: who may import whom, and who may write what. Read from the source with ``ast``."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A new module of the package stands in one of these lines. It imports from its own line and from those above it.
LAYERS = [
    {"engine"},
    {"providers", "simulator", "wire", "models", "migrations"},
    {
        "admission",
        "anonymity",
        "audit",
        "budgets",
        "catalogue",
        "conversations",
        "exports",
        "first_administrator",
        "groups",
        "holds",
        "ledger",
        "live",
        "login_attempts",
        "people",
        "prompts",
        "readiness",
        "reports",
        "retention",
        "reviews",
        "rules",
        "sample",
        "search",
        "spending",
        "turns",
    },
    {"admin", "api", "apps", "consumers", "forms", "management", "routing", "tab", "templatetags", "urls", "views"},
]
# The port is chosen at run time, and the app is loaded before there can be models.
MAY_HIDE_IMPORTS = {"chat.providers", "chat.apps"}
SDK = {"anthropic", "httpx2", "httpcore2"}
SDK_USERS = {"chat.providers.anthropic", "chat.providers.faults"}
WRITERS = {
    "Message": {"chat.turns", "chat.anonymity"},
    "UsageRecord": {"chat.ledger"},
    "BudgetAccount": {"chat.budgets"},
    "RolledDay": {"chat.reports.rollups"},
    "Rollup": {"chat.reports.rollups"},
    "Slice": {"chat.reports.rollups"},
    "ReviewRecord": {"chat.reviews"},
    "ReviewNote": {"chat.reviews"},
    "SearchEntry": {"chat.search.index"},
}
# What nobody ever said or paid.
INVENTS = "chat.sample."
RELATED = {
    "messages": "Message",
    "children": "Message",
    "usage_records": "UsageRecord",
    "accounts": "BudgetAccount",
    "rollups": "Rollup",
    "slices": "Slice",
    "readings": "ReviewRecord",
    "read_by_others": "ReviewRecord",
    "review_records": "ReviewRecord",
    "review_notes": "ReviewNote",
}
WRITES = {"create", "acreate", "bulk_create", "abulk_create", "update", "aupdate", "bulk_update", "abulk_update"}
WRITES |= {"get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    return {name_of(path): parsed(path) for path in sorted((ROOT / "chat").rglob("*.py"))}


def parsed(path: Path) -> ast.Module:
    """The tree of a file, its relative imports made absolute."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            near = package[: len(package) - node.level + 1]
            node.module = ".".join([*near, node.module] if node.module else near)
    return tree


def imported(node: ast.AST) -> Iterator[str]:
    """The modules an import statement names, our own down to the submodule."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        full = [f"{node.module}.{alias.name}" for alias in node.names]
        ours = [name for name in full if name in modules()]
        yield from ours
        if len(ours) < len(full):
            yield str(node.module)


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        yield from imported(node)


def level(module: str) -> int:
    part = module.split(".")[1]
    found = [number for number, layer in enumerate(LAYERS) if part in layer]
    assert found, f"{module} is in no layer: add it to LAYERS here and to the layers in chat/__init__.py"
    return found[0]


@pytest.mark.parametrize("module", [name for name in modules() if name != "chat"])
def test_it_imports_only_from_its_own_layer_or_a_lower_one(module):
    for target in imports(modules()[module]):
        assert target.split(".")[0] not in {"chatproject", "tests", "benchmarks"}, f"{module} imports {target}"
        if target.startswith("chat."):
            assert level(target) <= level(module), f"{module} (layer {level(module)}) imports {target}"


def test_the_engine_needs_the_standard_library_only():
    for module, tree in modules().items():
        if module.startswith("chat.engine"):
            outside = {name for name in imports(tree) if name.split(".")[0] not in sys.stdlib_module_names}
            assert all(name.startswith("chat.engine") for name in outside), f"{module} imports {outside}"


def test_only_the_provider_knows_the_sdk():
    users = {module for module, tree in modules().items() if {name.split(".")[0] for name in imports(tree)} & SDK}
    assert users <= SDK_USERS


def for_types_only(tree: ast.AST) -> set[str]:
    """What is imported under ``if TYPE_CHECKING``; it is never loaded, so it makes no cycle."""
    blocks = (
        node for node in ast.walk(tree) if isinstance(node, ast.If) and chain(node.test)[-1:] == ["TYPE_CHECKING"]
    )
    return {name for block in blocks for name in imports(block)}


def test_there_are_no_import_cycles():
    graph = {
        module: {name for name in imports(tree) if name in modules()} - for_types_only(tree)
        for module, tree in modules().items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_import_of_our_own_hides_in_a_function():
    hidden = {
        module: sorted(target for target in imports(function) if target.startswith("chat."))
        for module, tree in modules().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(target.startswith("chat.") for target in imports(function))
    }
    assert hidden.keys() <= MAY_HIDE_IMPORTS, hidden


def chain(node: ast.expr) -> list[str]:
    """The names of ``Message.objects.of(user).update``, first to last."""
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    if isinstance(node, ast.Call):
        return chain(node.func)
    return [node.id] if isinstance(node, ast.Name) else []


def written(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """A write that names its model: ``Message(...)``, ``Message.objects.update(...)``, ``turn.children.create()``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names = chain(node.func)
            models = [RELATED.get(name, name) for name in names]
            writes = len(names) > 1 and names[-1] in WRITES
            for model in WRITERS.keys() & set(models if writes else models[:1] if len(names) == 1 else []):
                yield model, node.lineno


def test_each_kind_of_row_has_one_writer():
    strangers = [
        f"{module} writes {model} in line {line}"
        for module, tree in modules().items()
        for model, line in written(tree)
        if module not in WRITERS[model] and not module.startswith(("chat.migrations", INVENTS))
    ]
    assert not strangers


@pytest.mark.parametrize(
    "code",
    [
        "Message(role='user')",
        "Message.objects.of(user).filter(pk=1).update(text='')",
        "await Message.objects.acreate()",
        "conversation.messages.create()",
    ],
)
def test_the_reader_of_writes_sees_them(code):
    assert {model for model, _ in written(ast.parse(code, mode="exec"))} == {"Message"}


def test_the_reader_of_writes_sees_no_others():
    assert not list(written(ast.parse("Message.objects.filter(pk=1).count(); seen.update(messages)")))
