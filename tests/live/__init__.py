"""Tests of turns being answered."""
