"""The Django project around the chat: settings read from the environment, URLs, and the ASGI application."""
