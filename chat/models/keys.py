"""Which rows are exported, expired or deleted: many, and settled before the first of them is."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, UUIDField

FETCHED = 10_000


class Keys:
    """The keys of rows in their order: 8 bytes of memory for each, or 16 where they are UUIDs.

    They are read at once, so that filters and searches are asked one time only, no row comes twice or is passed over
    while others come and go, and their number is known from the start.
    """

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._uuids = isinstance(rows.model._meta.pk, UUIDField)
        self._width = 16 if self._uuids else 8
        self._packed = bytearray()
        for key in rows.values_list("pk", flat=True).iterator(chunk_size=FETCHED):
            self._packed += key.bytes if self._uuids else key.to_bytes(8)

    def __len__(self) -> int:
        return len(self._packed) // self._width

    def portions(self, size: int) -> Iterator[list[Any]]:
        """The keys in lists of at most ``size``."""
        step = size * self._width
        for start in range(0, len(self._packed), step):
            portion = self._packed[start : start + step]
            yield [self._key(bytes(portion[at : at + self._width])) for at in range(0, len(portion), self._width)]

    def _key(self, packed: bytes) -> UUID | int:
        return UUID(bytes=packed) if self._uuids else int.from_bytes(packed)
