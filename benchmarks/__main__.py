"""`python -m benchmarks [relay | page] [options]`; without a name, both."""

import sys

from benchmarks import page, relay

MAINS = {"relay": relay.main, "page": page.main}

if __name__ == "__main__":
    chosen = [sys.argv.pop(1)] if sys.argv[1:2] and sys.argv[1] in MAINS else list(MAINS)
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        MAINS[name]()
