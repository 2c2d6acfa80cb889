"""All SQL. Everybody else talks to `Store`, which is free of it."""
