"""The langfuse kind of source; README.md says what its numbers mean."""
