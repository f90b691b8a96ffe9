"""Turns being answered now: the growing replies, the tasks that make them, and word of them to other tabs."""
