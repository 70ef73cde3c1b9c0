"""Closing months: what was issued stays as it was, and every later correction is a numbered record of its own.

Light to import; DuckDB and the renderer are imported when something is closed or compared.
"""
