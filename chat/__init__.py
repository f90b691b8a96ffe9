"""The chat service, in one package. Read it from the bottom layer up.

A module imports only from its own layer or a lower one (``tests/test_layers.py`` holds the table).

L0  engine/      pure: events, the reply they fold to, usage, prices, charges, periods, errors, words, one generation
L1  providers/   who answers: Claude through the SDK (``anthropic.py``); what it billed (``bill.py``)
    simulator/   a small server that speaks the Messages API, for running without a key and for tests
    wire.py      websocket frames: JSON text to commands, events to JSON text
    models/      what is kept: users, conversations, messages, models with their prices, usage records, budgets,
                 reviews, what is found
L2  ledger.py    the only writer of usage records
    budgets.py   the only writer of what of a budget is spent and held back
    turns.py     the only writer of messages; rules.py is what a message must be to be taken
    prompts.py   a turn's conversation as a prompt
    search/      full-text search over titles and messages; the only writer of its index
    conversations.py   rename, delete and so on
    retention.py deletes the texts that nobody has touched for long, or has anonymity.py take their people from them;
                 holds.py says what must be kept all the same
    people.py    the end of an account
    reviews.py   who may read others' conversations; the only writer of who did, and of reviewers' notes
    exports/     files of usage records, of conversations, of all that is one person's
    catalogue.py ships models and prices; groups.py the groups that a site begins with
    spending.py  what a person is told of their spending
    reports/     read-only questions about spending, and rollups of past days
    audit.py     proves the books, also against the provider's bill
    sample/      a big site that nobody made, to measure on
    live/        turns being answered now, and the tasks that answer them
    admission.py, first_administrator.py, login_attempts.py, readiness.py   who gets in, and whether we can serve
L3  consumers.py with tab.py, views/, admin/, management/commands/: the ways in
"""
