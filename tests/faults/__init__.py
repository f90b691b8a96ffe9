"""Faults, with everything real but the API: processes, Redis and PostgreSQL that are killed while answers run."""
