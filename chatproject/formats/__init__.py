"""How the administration writes days and moments, where Django does it."""
