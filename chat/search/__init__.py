"""Full-text search over titles and messages, on PostgreSQL and SQLite alike.

    find(term)                     everybody's conversations: all words in one message, or in the title
    find(term, owners=[alice.pk])  hers, or those of several
    find(term).within(some)        of these conversations also what is too old and common for that
    add                            when a message or a conversation is made
    index, index_title             when a message is over or its text changed, and when a title changed
    rebuild                        all of some conversations, say after rows were written in bulk

What a word is, and that case and accents do not count, `engine.words` decides for both databases, for texts and terms
alike. The databases keep mere lists of words, so that nothing depends on a locale, and both find the same. Of a text
the first 100,000 characters, 16,000 words at most, are found. What is deleted is deleted from here as well.

An answer that is being written is not in the index, so that to save it each second does not touch that.

No term is slow, however common its words: of words in very many messages the newest that have them are found, and
`Hits.note` says so. SQLite finds the newest `MOST` messages. PostgreSQL estimates by a sample whether it would find
more, and then reads the newest `REACH` messages, so that a rare phrase of common words is not found in older ones.
"""

from chat.search.finding import MOST, REACH, Hits, find
from chat.search.index import add, index, index_title, rebuild

__all__ = ["MOST", "REACH", "Hits", "add", "find", "index", "index_title", "rebuild"]
