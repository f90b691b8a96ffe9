"""What leaves the site as a file: usage records, conversations, and all that is one person's.

    forms.py       rows as CSV and as JSON Lines
    table.py       a table of such rows, a portion at a time
    records.py     usage records          chats.py   conversations          person.py   all that is one person's
    download.py    the pieces of a file as a response

A file is an iterator of pieces. It holds neither a cursor nor a transaction between two of them: whoever stops reading
leaves nothing behind in the database, however slowly it read.
"""
