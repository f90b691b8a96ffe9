"""The demo answers, one Markdown file each, and which words of a message bring up which."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

# The first line whose words occur in the message wins, so the particular comes before the general.
WORDS = {
    "search": r"search|look up|latest|news|citations?|sources?|weather",
    "unicode": r"emojis?|unicode|arabic|hebrew|accents?|right-to-left|scripts",
    "javascript": r"javascript|typescript|js|node|react",
    "rust": r"rust|cargo|borrow",
    "sql": r"sql|database|query|queries|postgres|postgresql|sqlite",
    "html": r"html|css|web ?page|form",
    "bash": r"bash|shell|terminal|command line|linux",
    "python": r"python|django|code|function|program|script",
    "maths": r"math|maths|mathematics|equations?|formulas?|latex|integral|proof|prove|derivative|euler",
    "thinking": r"think|reason|reasoning|why|puzzle|riddle|step by step",
    "table": r"tables?|compare|comparison|versus|vs",
    "lists": r"lists?|bullets?|checklist|steps|plan|recipe|ideas|packing|to-?do",
    "long": r"long|essay|article|chapter|report|in detail|history of",
    "prose": r"story|poem|write|letter|tell me|describe|explain",
    "markdown": r"markdown|formatting|everything|show me what|kitchen sink",
    "stopped": r"stop|cancel|interrupt",
    "cost": r"cost|costs|price|prices|tokens?|billing|usage|spend",
    "hello": r"hi|hello|hey|hallo|bonjour|good (morning|evening|afternoon)",
    "thanks": r"thanks|thank you|cheers|great|nice|bye",
}
PATTERNS = {name: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) for name, words in WORDS.items()}
QUOTED = 160

COMMON = """
a an the and or but of in on at to for from with by is are was were be been am do does did can could would should
will shall may might must i you he she it we they me my your his her its our their this that these those what which
who how when where please tell give show write make create help need want let about into some any title conversation
user assistant message short chat s t m re ve ll as so if not no yes there here have has had
"""
STOP_WORDS = frozenset(COMMON.split())
QUESTION = re.compile(r"<question>(.*?)(?:</question>|$)", re.DOTALL)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def choose(text: str) -> str:
    """The demo that fits these words; the welcome when none does."""
    return next((name for name, pattern in PATTERNS.items() if pattern.search(text)), "welcome")


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()


def read(name: str, text: str) -> str:
    """The demo of this name with the message quoted in it where it wants to."""
    return _source(name).replace("{{question}}", quote(text))


def quote(text: str) -> str:
    """The message on one line, cut short, as plain Markdown: characters that would format are escaped."""
    line = " ".join(text.split())
    line = line if len(line) <= QUOTED else line[: QUOTED - 1].rstrip() + "…"
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", line) or "(nothing at all)"


def title(text: str) -> str:
    """A title of three to six words made of the message's own words, or of the question it quotes in an element."""
    if quoted := QUESTION.search(text):
        text = quoted[1]
    words = [word for word in WORD.findall(text) if not word.isdigit()]
    kept = [word for word in words if word.lower() not in STOP_WORDS][:6]
    if len(kept) < 3:
        kept = [*words, "A", "Simulated", "Conversation"][: max(3, min(6, len(words)))]
    found = " ".join(kept)[:60]
    return found[:1].upper() + found[1:]
