"""Django's PostgreSQL backend with a pool that is well as soon as its server is: the ``ENGINE`` of ``DATABASE_URL``."""
