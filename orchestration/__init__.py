"""When and in which order: from raw usage logs to published marts, statements and messages."""
