"""All settings, read from the environment; a checkout runs without any variable (``.env.example`` lists them)."""

from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from chatproject import env, secret_key

# Lets ``ModelAdmin[Conversation]`` and the like stand in code: they are generic in the stubs only.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
VAR_DIR.mkdir(mode=0o700, exist_ok=True)  # conversations are private

env.load(Path(env.text("ENV_FILE", str(BASE_DIR / ".env"))))

# --- the site ---------------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or secret_key.kept_in(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "chatproject.urls"
ASGI_APPLICATION = "chatproject.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Asked again each time (and answered 304): modules import each other by plain name, an upgrade must not mix versions.
WHITENOISE_MAX_AGE = 0
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["chatproject.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "chat.User"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- security ---------------------------------------------------------------------------------------------------------

# One variable says that people come over https: their origins do.
HTTPS = bool(CSRF_TRUSTED_ORIGINS) and all(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- where things are kept --------------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'chat.sqlite3'}")}
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))


def _channel_layer() -> dict[str, object]:
    if REDIS_URL:
        # The pub/sub layer has no capacity to overflow and outlives a restart of Redis.
        return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    # Groups never expire: a tab may stay open for longer than the day that is the default.
    config = {"capacity": 100_000, "group_expiry": 10**9}
    return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": config}


# "default" is for rare events; "relay" carries the batches of text, undisturbed by consumers that come and go.
CHANNEL_LAYERS = {"default": _channel_layer(), "relay": _channel_layer()}
_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
# "process" stands in while Redis is away.
CACHES = {"default": _REDIS if REDIS_URL else _MEMORY, "process": _MEMORY}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {
        "redis away": {"()": "chatproject.logs.RedisAway"},
        "postgres away": {"()": "chatproject.logs.PostgresAway"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "chat": {"level": "INFO"},
        "channels_redis.pubsub": {"filters": ["redis away"]},
        "psycopg.pool": {"filters": ["postgres away"]},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}

# --- the upstream -----------------------------------------------------------------------------------------------------

ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")  # empty: the built-in simulator answers
ANTHROPIC_ADMIN_KEY = env.text("ANTHROPIC_ADMIN_KEY")  # only to compare costs with the provider's bill
ANTHROPIC_BASE_URL = env.url("ANTHROPIC_BASE_URL", ("https", "http"))

CHAT_DEFAULT_MODEL = env.text("CHAT_DEFAULT_MODEL", "claude-sonnet-5-5")
CHAT_TITLE_MODEL = env.text("CHAT_TITLE_MODEL", "claude-haiku-5-5")
CHAT_MAX_TOKENS = env.whole("CHAT_MAX_TOKENS", 32_000)
CHAT_EFFORT = env.text("CHAT_EFFORT")  # empty: the model's own default
CHAT_SYSTEM_PROMPT = env.text("CHAT_SYSTEM_PROMPT")
CHAT_CONNECT_SECONDS = env.number("CHAT_CONNECT_SECONDS", 5, least=0.1)
CHAT_IDLE_SECONDS = env.number("CHAT_IDLE_SECONDS", 120, least=0.1)
CHAT_TOTAL_SECONDS = env.number("CHAT_TOTAL_SECONDS", 3600, least=0.1)
CHAT_SIMULATOR_SPEED = env.number("CHAT_SIMULATOR_SPEED", 60, least=0.1)  # tokens per second

# --- what is kept ---------------------------------------------------------------------------------------------------

CHAT_RETENTION_DAYS = env.optional_whole("CHAT_RETENTION_DAYS")  # None: everything
CHAT_RETENTION = env.choice("CHAT_RETENTION", ("delete", "anonymise"), "delete")

# --- turns and limits -------------------------------------------------------------------------------------------------

CHAT_SIGNUP = env.flag("CHAT_SIGNUP")
CHAT_RUNNER = env.choice("CHAT_RUNNER", ("inline", "worker"), "inline")
CHAT_DETACHED_SECONDS = env.optional_number("CHAT_DETACHED_SECONDS", 120)  # None: never
CHAT_REAP_SECONDS = env.number("CHAT_REAP_SECONDS", 30, least=2)
CHAT_DRAIN_SECONDS = env.number("CHAT_DRAIN_SECONDS", 20)
CHAT_MAX_MESSAGE_CHARS = env.whole("CHAT_MAX_MESSAGE_CHARS", 100_000)
CHAT_MAX_FRAME_BYTES = env.whole("CHAT_MAX_FRAME_BYTES", 524_288)
CHAT_MAX_OPEN_TURNS = env.whole("CHAT_MAX_OPEN_TURNS", 5)  # per user
CHAT_MAX_SOCKETS = env.whole("CHAT_MAX_SOCKETS", 20)  # per user
CHAT_MESSAGES_PER_MINUTE = env.whole("CHAT_MESSAGES_PER_MINUTE", 30)  # per user

# --- reviews ----------------------------------------------------------------------------------------------------------

CHAT_REVIEW_VISIBLE_TO_OWNER = env.flag("CHAT_REVIEW_VISIBLE_TO_OWNER")

if CHAT_RUNNER == "worker" and not REDIS_URL:
    raise ImproperlyConfigured("CHAT_RUNNER=worker needs REDIS_URL: web and workers talk to each other through Redis.")
