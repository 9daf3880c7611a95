"""The tests, and the tools that make their documents."""
