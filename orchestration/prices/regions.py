"""What providers add for inference in a region: published rules that the price package has in words only, or not.

Bedrock is not here: the package has its regional prices under ids of their own (regional.anthropic.claude-…).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from orchestration.prices.bands import RegionalPremium

ANY = "any"
"""Any region but the global one."""


@dataclass(frozen=True)
class _Rule:
    """`percent` on the tokens of `provider`'s models that match, as `source` said on the day `checked`."""

    provider: str
    models: re.Pattern[str]
    region: str
    percent: Decimal
    source: str
    checked: str

    def premium(self) -> RegionalPremium:
        note = f"{self.source}, checked on {self.checked}"
        return RegionalPremium(share=self.percent / 100, region=self.region, note=note)


# "Claude 4.6 and later models": claude-opus-4-6, claude-sonnet-5, claude-haiku-5-5 …
_SINCE_4_6 = re.compile(r"claude-[a-z]+-(4-[6-9]|[5-9]|[1-9][0-9])(-.*)?")
# "Claude Sonnet 4.5, Haiku 4.5, Opus 4.5, and all future models".
_SINCE_4_5 = re.compile(r"claude-[a-z]+-(4-[5-9]|[5-9]|[1-9][0-9])(-.*)?")
# "Models released on or after March 5, 2026": the day of gpt-5.4. The dates of models of other names are not known.
_SINCE_GPT_5_4 = re.compile(r"gpt-(5\.[4-9]|[6-9]|[1-9][0-9])([.-].*)?")
_CLAUDE = "platform.claude.com/docs/en/about-claude/pricing"
_VERTEX = "cloud.google.com/vertex-ai/generative-ai/pricing#claude-models"
_OPENAI = "developers.openai.com/api/docs/pricing"
_TEN, _CHECKED = Decimal(10), "2026-11-28"

RULES = (
    _Rule("anthropic", _SINCE_4_6, "us", _TEN, f"{_CLAUDE}#data-residency-pricing", _CHECKED),
    _Rule("azure", _SINCE_4_6, "us", _TEN, f"{_CLAUDE}, Microsoft Foundry", _CHECKED),
    _Rule("google", _SINCE_4_5, ANY, _TEN, _VERTEX, _CHECKED),
    _Rule("openai", _SINCE_GPT_5_4, ANY, _TEN, _OPENAI, _CHECKED),
)


def premium_of(provider: str, model: str) -> RegionalPremium | None:
    """The premium on a model as this provider sells it; both as the price package names them."""
    for rule in RULES:
        if rule.provider == provider and rule.models.fullmatch(model):
            return rule.premium()
    return None
