"""Tests of chat/providers."""
