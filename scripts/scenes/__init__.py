"""What the pictures show: each scene brings a logged-in page into one state."""

from scenes import administration, answers, pages
from scenes.stage import CHATS, SCENES

__all__ = ["CHATS", "SCENES", "administration", "answers", "pages"]
