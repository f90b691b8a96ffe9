"""Tests of what templates may say."""
