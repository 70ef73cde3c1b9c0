"""Moving built days to the newest price book: on command only, with the difference shown before it is published."""
