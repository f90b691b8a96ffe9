"""Markdown becomes elements: what they look like, what stays while they grow, and that nothing in them runs."""
