"""What ``manage.py`` can do, one module per command."""
