"""The pure heart: standard library only, no Django, no SDK, no settings, no clock of its own."""
