# Two images: the app (web, workers, migrations) and the proxy in front. docker-compose.yml says how they run.

FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# Readable to all, whatever the umask of the clone was.
RUN chmod -R a+rX . && /venv/bin/python -m compileall -q chat chatproject

FROM python:3.13-slim AS app
# Always the newest: a certificate authority that is pinned is one that will be missing.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
# The database container, another user, comes through var to its password.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin chat && install -d -o chat -g chat -m 711 /app/var
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8000
# --proxy-headers believes X-Forwarded-For: never without a proxy that overwrites it, as ours does.
CMD ["python", "-m", "chatproject.server", "--verbosity", "0", "--proxy-headers", "--bind", "0.0.0.0", "--port", "8000", "chatproject.asgi:application"]

FROM caddy:2 AS proxy
COPY --chmod=644 deploy/Caddyfile /etc/caddy/Caddyfile
RUN chown -R 1000:1000 /data
USER 1000:1000
