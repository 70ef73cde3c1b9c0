"""The litellm_db kind of source; README.md says what its numbers mean."""
