"""A call twice: as our usage record has it, and as the bill that the simulator wrote has it."""

# Ours, and theirs.
PROMPT = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_5m_tokens": "cache_creation_input_tokens",
}
CLASSES = {**PROMPT, "output_tokens": "output_tokens"}


def on_record(record, classes=CLASSES):
    """The tokens of a record by class."""
    return {ours: getattr(record, ours) for ours in classes}


def on_bill(bill, classes=CLASSES):
    """The tokens of a bill by class, called as ours are."""
    return {ours: bill[theirs] for ours, theirs in classes.items()}
