"""How one event's cost came about: read from the very SQL that the marts are made of, and added up again."""
