"""Full-text search, on the database of the tests."""
