"""`python -m benchmarks [NAME] [options]`: relay, stops, memory, long_chat, page, opening or exports; else all."""

import sys

from benchmarks import exports, long_chat, memory, opening, page, relay, stops

MAINS = {
    "relay": relay.main,
    "stops": stops.main,
    "memory": memory.main,
    "long_chat": long_chat.main,
    "page": page.main,
    "opening": opening.main,
    "exports": exports.main,
}

if __name__ == "__main__":
    chosen = [sys.argv.pop(1)] if sys.argv[1:2] and sys.argv[1] in MAINS else list(MAINS)
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        MAINS[name]()
