"""What Django loads for the backend."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

IMPATIENT = 0.5  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    """Borrows from the pool what lives. Where one connection is dead, its server has gone, and so are all the others.

    The pool's own check (``CONN_HEALTH_CHECKS``) throws away one dead connection after the other, with growing pauses
    between them, until its patience is at an end; then the first question after a restart fails.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that has just answered."""
        if self.pool is None:
            return super().get_new_connection(conn_params)
        borrowed = self._borrow(conn_params)
        try:
            ConnectionPool.check_connection(borrowed)
        except OperationalError:
            self.pool.putconn(borrowed)
            self.pool.drain()
            return self._borrow(conn_params)
        return borrowed

    def _borrow(self, conn_params: dict[str, Any]) -> Any:
        # Who waits has a thread, and there are few. So it is waited for long once in an outage, and by nobody after
        # that, until somebody gets a connection again.
        try:
            borrowed = super().get_new_connection(conn_params)
        except PoolTimeout:
            self.pool.timeout = IMPATIENT
            raise
        self.pool.timeout = self.settings_dict["OPTIONS"]["pool"]["timeout"]
        return borrowed
