"""Who may open what: every URL of the site times every role, in one table.

Each row is a method, a path and a status for each role; ``+`` says that the body holds text of Alice's conversation,
and it must hold none where there is no ``+``. ``READ`` is a GET by somebody who has given a reason before, as far as
they may; ``FILE`` a GET of what is streamed, ``TAKE`` a POST of such. What a ``POST`` sends stands in `FORMS`.
Commands of the websocket have a table of their own: `commands`.
"""

from uuid import uuid4

WHY = "Ticket 4711: a complaint"
ROLES = ("anonymous", "user", "owner", "other", "staff", "figures", "reviewer", "administrator", "superuser")
STAFF = ROLES[4:]
# In the order of ROLES.
TABLE = """
GET  /                                                        302  200  200+ 200  200  200  200  200  200
GET  /conversations/?q=question                               302  200  200+ 200  200  200  200  200  200
GET  /spending/                                               302  200  200  200  200  200  200  200  200
GET  /c/{conversation}/                                       302  404  200+ 404  404  404  404  404  404
GET  /c/{conversation}/transcript/                            302  404  200+ 404  404  404  404  404  404
POST /c/{conversation}/rename/                                302  404  302  404  404  404  404  404  404
POST /c/{conversation}/delete/                                302  404  302  404  404  404  404  404  404
POST /c/{conversation}/archive/                               302  404  302  404  404  404  404  404  404
POST /c/{conversation}/settings/                              302  404  302  404  404  404  404  404  404
GET  /accounts/login/                                         200  200  200  200  200  200  200  200  200
POST /accounts/logout/                                        302  302  302  302  302  302  302  302  302
GET  /accounts/password/                                      302  200  200  200  200  200  200  200  200
GET  /accounts/password/done/                                 302  200  200  200  200  200  200  200  200
FILE /accounts/data/                                          302  200  200+ 200  200  200  200  200  200
GET  /accounts/readings/                                      302  200  200+ 200  200  200  200  200  200
GET  /accounts/signup/                                        404  404  404  404  404  404  404  404  404
GET  /accounts/first/nonsense/                                410  410  410  410  410  410  410  410  410
GET  /healthz                                                 200  200  200  200  200  200  200  200  200
GET  /readyz                                                  200  200  200  200  200  200  200  200  200
GET  /admin/                                                  302  302  302  302  200  200  200  200  200
GET  /admin/login/                                            302  302  302  302  302  302  302  302  302
POST /admin/logout/                                           302  302  302  302  302  302  302  302  302
GET  /admin/password_change/                                  302  302  302  302  200  200  200  200  200
GET  /admin/password_change/done/                             302  302  302  302  200  200  200  200  200
GET  /admin/autocomplete/                                     302  302  302  302  403  403  403  403  403
GET  /admin/jsi18n/                                           302  302  302  302  200  200  200  200  200
GET  /admin/r/1/1/                                            302  302  302  302  404  404  404  404  404
GET  /admin/auth/                                             302  302  302  302  302  302  302  302  302
GET  /admin/chat/                                             302  302  302  302  302  302  302  302  302
GET  /admin/nonsense                                          302  302  302  302  404  404  404  404  404
READ /admin/chat/conversation/                                302  302  302  302  403  200  200+ 200  200+
GET  /admin/chat/conversation/?q=question                     302  302  302  302  403  200  200  200  200
FILE /admin/chat/conversation/export.csv                      302  302  302  302  403  200  200  200  200
FILE /admin/chat/conversation/export.jsonl                    302  302  302  302  403  200  200  200  200
GET  /admin/chat/conversation/export/                         302  302  302  302  403  403  200  403  200
TAKE /admin/chat/conversation/export/                         302  302  302  302  403  403  200+ 403  200+
GET  /admin/chat/conversation/{conversation}/hold/            302  302  302  302  403  403  403  200  200
POST /admin/chat/conversation/{conversation}/hold/            302  302  302  302  403  403  403  302  302
READ /admin/chat/conversation/{conversation}/change/          302  302  302  302  403  200  200+ 200  200+
POST /admin/chat/conversation/{conversation}/change/          302  302  302  302  405  405  405  405  405
POST /admin/chat/conversation/{conversation}/reason/          302  302  302  302  403  403  302  403  302
POST /admin/chat/conversation/{conversation}/note/            302  302  302  302  403  403  302  403  302
POST /admin/chat/conversation/{conversation}/settle/          302  302  302  302  403  403  302  403  302
FILE /admin/chat/usagerecord/export.csv                       302  302  302  302  403  200  200  200  200
FILE /admin/chat/usagerecord/export.jsonl                     302  302  302  302  403  200  200  200  200
GET  /admin/chat/user/{person}/password/                      302  302  302  302  403  403  403  200  200
POST /admin/chat/user/{person}/password/                      302  302  302  302  403  403  403  200  200
"""
# What staff may do with rows of the administration: view, add, change, delete.
ROWS = """
/admin/auth/group/{group}/                  -     -     -     -     vacd
/admin/chat/budget/{budget}/                -     -     -     vacd  vacd
/admin/chat/languagemodel/{model}/          -     -     -     vac   vac
/admin/chat/conversation/{conversation}/    -     v     v     vd    vd
/admin/chat/reviewrecord/{reading}/         -     -     -     v     v
/admin/chat/usagerecord/{record}/           -     v     v     v     v
/admin/chat/user/{person}/                  -     -     -     vacd  vacd
"""
# The pages that Django gives to each row, what one must be allowed there, and their status then; else it is 403. A form
# that lacks something comes back.
PAGES = [
    ("GET", "", "v", "200"),
    ("GET", "add/", "a", "200"),
    ("POST", "add/", "a", "200"),
    ("GET", "{row}/", "", "302"),
    ("GET", "{row}/change/", "v", "200"),
    ("POST", "{row}/change/", "c", "200"),
    ("GET", "{row}/history/", "v", "200"),
    ("GET", "{row}/delete/", "d", "200"),
    ("POST", "{row}/delete/", "d", "302"),
]
STREAMED = ("FILE", "TAKE")
FORMS = {
    "/c/{conversation}/rename/": {"title": "Another"},
    "/c/{conversation}/settings/": {"model": "claude-sonnet-5-5", "system_prompt": ""},
    "/admin/chat/conversation/export/": {"reason": WHY},
    "/admin/chat/conversation/{conversation}/reason/": {"reason": WHY},
    "/admin/chat/conversation/{conversation}/note/": {"text": "Odd", "flag": "1"},
    "/admin/chat/conversation/{conversation}/settle/": {"note": "{flag}"},
    "/admin/chat/conversation/{conversation}/hold/": {"reason": WHY},
}


def rows():
    """Method, path and a status for each role; where both have one, that of `TABLE`."""
    for (method, path), expected in {**dict(_of_rows()), **dict(_of_table())}.items():
        yield method, path, expected


def _of_table():
    for line in TABLE.strip().splitlines():
        method, path, *expected = line.split()
        yield (method, path), dict(zip(ROLES, expected, strict=True))


def _of_rows():
    for line in ROWS.strip().splitlines():
        one, *letters = line.split()
        models, row = one.strip("/").rsplit("/", 1)
        for method, page, needed, status in PAGES:
            expected = [status if needed in may else "403" for may in letters]
            path = f"/{models}/{page.replace('{row}', row)}"
            yield (method, path), {**dict.fromkeys(ROLES, "302"), **dict(zip(STAFF, expected, strict=True))}


def form(path, keys):
    """What is sent to a path."""
    given = {"post": "yes"} if path.endswith("/delete/") else FORMS.get(path, {})
    return {name: value.format(**keys) for name, value in given.items()}


def commands(site):
    """Commands over the websocket that name what is Alice's: type, fields, the answer to her and to everybody else.

    An answer is its type, or the code of a refusal. ``own`` is a conversation of whoever asks, ``turn`` an open turn.
    """
    theirs, answer, own = (str(site[name]) for name in ("conversation", "answer", "own"))
    return [
        ("send", _question(theirs, answer), "accepted", "not_found"),
        ("send", _question(theirs, None), "accepted", "not_found"),
        ("send", _question(own, answer), "bad_parent", "bad_parent"),
        ("regenerate", {"key": str(uuid4()), "message": answer}, "accepted", "not_found"),
        ("stop", {"turn": str(site["turn"])}, "stopping", "not_found"),
        ("watch", {"conversation": theirs}, "watching", "not_found"),
        ("watch", {"conversation": own, "cursors": {answer: {"block": 0, "offset": 0}}}, "watching", "watching"),
        ("unwatch", {"conversation": theirs}, None, None),
        ("ping", {}, "pong", "pong"),
        ("ack", {"frames": 1}, None, None),
    ]


def _question(conversation, parent):
    return {"key": str(uuid4()), "conversation": conversation, "parent": parent, "text": "Go on"}
