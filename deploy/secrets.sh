#!/bin/sh
# The password of the database, made once and kept in the volume in two forms: as PostgreSQL's image reads it (there it
# is another user's process that does), and as libpq does, which takes it only from a file that nobody else can read.
set -eu
cd var
[ -s postgres_password ] || python -c 'import secrets; print(secrets.token_hex(32), end="")' > postgres_password
umask 077
[ -s pgpass ] || printf 'db:5432:chat:chat:%s\n' "$(cat postgres_password)" > pgpass
