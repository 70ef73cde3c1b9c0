"""Sentences of the statement.

Each is a rule: a pure function of printed figures to a Sentence, or None when they do not bear it out.
No rule claims a cause. A rule that needs history or a budget returns None without it.
"""
