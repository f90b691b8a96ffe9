"""Read-only questions about spending, and the rollups that answer them fast."""

from chat.reports.totals import (
    RUNNING,
    UNPRICED,
    Totals,
    called_by_conversations,
    of_conversations,
    spent,
    summed,
    totals,
    totals_by,
    usage_of,
)

__all__ = [
    "RUNNING",
    "UNPRICED",
    "Totals",
    "called_by_conversations",
    "of_conversations",
    "spent",
    "summed",
    "totals",
    "totals_by",
    "usage_of",
]
