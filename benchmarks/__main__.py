"""`python -m benchmarks [relay | page | opening | long_chat] [options]`; without a name, all."""

import sys

from benchmarks import long_chat, opening, page, relay

MAINS = {"relay": relay.main, "page": page.main, "opening": opening.main, "long_chat": long_chat.main}

if __name__ == "__main__":
    chosen = [sys.argv.pop(1)] if sys.argv[1:2] and sys.argv[1] in MAINS else list(MAINS)
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        MAINS[name]()
