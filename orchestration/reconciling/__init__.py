"""Whether figures agree with what providers bill: marts say it, this tells it. Light to import."""
