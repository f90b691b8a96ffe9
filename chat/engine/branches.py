"""A conversation as a tree: the path from its first message to a leaf, and the branches beside a message."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


class Tree(Generic[Id]):
    """The shape of a conversation, made from ``(id, parent)`` pairs in the order in which the messages were made."""

    def __init__(self, pairs: Iterable[tuple[Id, Id | None]]) -> None:
        self.parents: dict[Id, Id | None] = {}
        self.children: dict[Id | None, list[Id]] = defaultdict(list)
        for message, parent in pairs:
            self.parents[message] = parent
            self.children[parent].append(message)

    def leaf(self, through: Id | None = None) -> Id | None:
        """The end of the branch through a message that is newest at every fork; without a message the one written last.

        ``None`` where there are no messages.
        """
        if through is None:
            return next(reversed(self.parents), None)
        leaf = through
        while branches := self.children.get(leaf):
            leaf = branches[-1]
        return leaf

    def path(self, leaf: Id | None) -> list[Id]:
        """The messages from the first one to ``leaf``, both included."""
        path: list[Id] = []
        while leaf is not None:
            path.append(leaf)
            leaf = self.parents[leaf]
        return path[::-1]

    def siblings(self, message: Id) -> list[Id]:
        """The branches at the place of ``message``, itself included, oldest first."""
        return self.children[self.parents[message]]
