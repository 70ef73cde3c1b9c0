"""The claude_code kind of source; README.md says what its numbers mean."""
