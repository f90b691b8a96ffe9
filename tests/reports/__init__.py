"""Tests of chat/reports."""
