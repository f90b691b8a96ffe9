"""What is kept: people, conversations as trees of messages, models with their prices, and what every call cost."""

from chat.models.catalogue import LanguageModel, Price
from chat.models.conversation import Conversation, Message
from chat.models.usage import UsageRecord
from chat.models.user import User

__all__ = ["Conversation", "LanguageModel", "Message", "Price", "UsageRecord", "User"]
