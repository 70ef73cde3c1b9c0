"""Price books: what a unit of usage costs, from when, and which model a name means.

Light to import. `current_book` flattens only when the book could have changed; `resolve_models` opens the
price package only for names it has not seen.
"""

from orchestration.prices.book import PriceBook, book_stamp, current_book
from orchestration.prices.resolve import resolve_models

__all__ = ["PriceBook", "book_stamp", "current_book", "resolve_models"]
