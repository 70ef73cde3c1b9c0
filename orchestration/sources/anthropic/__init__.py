"""The anthropic kind of source; README.md says what its numbers mean."""
