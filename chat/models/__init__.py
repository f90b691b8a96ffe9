"""What is kept: people, conversations as trees of messages, models with prices, calls, budgets, reviews, words."""

from chat.models.budget import Budget, BudgetAccount
from chat.models.catalogue import LanguageModel, Price
from chat.models.conversation import Conversation, Message
from chat.models.hold import LegalHold
from chat.models.review import ReviewNote, ReviewRecord
from chat.models.rollup import RolledDay, Rollup, Slice
from chat.models.search import SearchEntry
from chat.models.usage import UsageRecord
from chat.models.user import User

__all__ = [
    "Budget",
    "BudgetAccount",
    "Conversation",
    "LanguageModel",
    "LegalHold",
    "Message",
    "Price",
    "ReviewNote",
    "ReviewRecord",
    "RolledDay",
    "Rollup",
    "SearchEntry",
    "Slice",
    "UsageRecord",
    "User",
]
