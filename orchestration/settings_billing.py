"""Who charges and how it is paid: the part of the settings that makes a statement an invoice."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Billing(BaseModel):
    """Who charges and how it is paid. With a `seller` the organisation's statement is an invoice.

    `bank`: what to print of the account, by its label. `opening_month`: the first month in balances.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seller: Annotated[str, Field(min_length=1)] | None = None
    address: tuple[str, ...] = ()
    tax_id: str = ""
    bank: dict[str, str] = {}
    terms_days: Annotated[int, Field(ge=0, le=365)] = 30
    opening_month: date | None = None

    @field_validator("opening_month")
    @classmethod
    def _first_of_month(cls, day: date | None) -> date | None:
        if day is not None and day.day != 1:
            raise ValueError("must be the first day of a month, such as 2026-10-01")
        return day

    @model_validator(mode="after")
    def _complete(self) -> "Billing":
        if self.seller is None and (self.address or self.tax_id or self.bank):
            raise ValueError("needs seller: address, tax_id and bank are the seller's")
        return self
