"""Where the scenes of all pages come together, and what they play with."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

Scene = Callable[[Page], Awaitable[None]]
SCENES: dict[str, Scene] = {}
CHATS: dict[str, str] = {}  # ids of the demo conversations by name, filled before the first scene


def scene(act: Scene) -> Scene:
    """Add a scene; its name is its function's."""
    SCENES[act.__name__.replace("_", "-")] = act
    return act
