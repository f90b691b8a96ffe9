"""The tree of a conversation."""

from chat.engine.branches import Tree

#   question ── first ── follow ── last
#           └── second
TREE = Tree(
    [("question", None), ("first", "question"), ("second", "question"), ("follow", "first"), ("last", "follow")]
)


def test_the_path_runs_from_the_first_message_to_the_leaf() -> None:
    assert TREE.path("last") == ["question", "first", "follow", "last"]
    assert TREE.path("second") == ["question", "second"]
    assert TREE.path(None) == []


def test_siblings_are_the_branches_at_one_place_oldest_first() -> None:
    assert TREE.siblings("second") == ["first", "second"]
    assert TREE.siblings("question") == ["question"]


def test_the_newest_leaf_takes_the_newest_branch_at_every_fork() -> None:
    assert TREE.newest_leaf() == "second"
    assert TREE.newest_leaf("first") == "last"
    assert TREE.newest_leaf("last") == "last"


def test_the_head_is_the_message_written_last() -> None:
    assert TREE.head() == "last"


def test_an_empty_conversation_has_neither_head_nor_path() -> None:
    empty: Tree[str] = Tree([])
    assert empty.head() is None
    assert empty.newest_leaf() is None
