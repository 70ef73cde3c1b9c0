"""Where callers are, from their address and the customer's own MaxMind database; and what is kept of the address."""

from orchestration.geography.locate import Locator, Place, check

__all__ = ["Locator", "Place", "check"]
