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


def test_the_leaf_through_a_message_takes_the_newest_branch_at_every_fork() -> None:
    assert TREE.leaf("question") == "second"
    assert TREE.leaf("first") == "last"
    assert TREE.leaf("last") == "last"


def test_the_leaf_of_a_conversation_is_the_message_written_last() -> None:
    assert TREE.leaf() == "last"


def test_an_empty_conversation_has_neither_leaf_nor_path() -> None:
    empty: Tree[str] = Tree([])
    assert empty.leaf() is None
    assert empty.path(None) == []
