"""Tests of chat/simulator."""
