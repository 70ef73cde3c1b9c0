"""The models that the example company uses, with the list prices its gateway estimates by.

Prices are whole nano-dollars per token (5 USD per million tokens = 5,000), so that no float touches money.
They serve the gateway's own `spend` estimate and the sizes of the budgets; Tallyhouse never reads them.
"""

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Rates:
    """Nano-dollars per token; `above` holds from the first token over `tier`, for the whole request."""

    uncached: int
    cache_read: int
    write_5m: int
    write_1h: int
    output: int
    audio: int = 0
    tier: int | None = None
    above: "Rates | None" = None

    def tiered(self, tier: int, factor_in: int, factor_out_halves: int) -> "Rates":
        above = Rates(
            self.uncached * factor_in,
            self.cache_read * factor_in,
            self.write_5m * factor_in,
            self.write_1h * factor_in,
            self.output * factor_out_halves // 2,
        )
        return replace(self, tier=tier, above=above)


@dataclass(frozen=True)
class Model:
    """One model id as a source writes it. `window` is the largest input of one request, in tokens.

    `answers` is false for embedding models, which have no output.
    """

    provider: str
    name: str
    rates: tuple[tuple[date, Rates], ...]
    window: int
    gateway_provider: str = ""
    gateway_name: str = ""
    answers: bool = True

    def rates_on(self, day: date) -> Rates:
        """The list price in force on a UTC day."""
        return [rates for since, rates in self.rates if since <= day][-1]

    @property
    def writes_cache(self) -> bool:
        """Anthropic bills writing to the cache; the others do it silently as plain input."""
        return self.rates[0][1].write_5m > 0


_OPEN = date.min
_OPUS = Rates(5_000, 500, 6_250, 10_000, 25_000)
_SONNET = Rates(3_000, 300, 3_750, 6_000, 15_000)
_TERRA = Rates(2_500, 250, 0, 0, 15_000)
_SOL = Rates(5_000, 500, 0, 0, 30_000)


def _anthropic(name: str, rates: Rates, window: int) -> Model:
    return Model("anthropic", name, ((_OPEN, rates),), window, "anthropic", name)


def _openai(name: str, window: int, *rates: tuple[date, Rates]) -> Model:
    return Model("openai", name, rates, window, "openai", name)


def _google(name: str, window: int, rates: Rates) -> Model:
    return Model("google", name, ((_OPEN, rates),), window, "gemini", f"gemini/{name}")


def _mistral(name: str, window: int, *rates: tuple[date, Rates]) -> Model:
    return Model("mistral", name, rates, window, "mistral", f"mistral/{name}")


OPUS_4_5 = _anthropic("claude-opus-4-5-20251101", _OPUS, 190_000)
OPUS_4_6 = _anthropic("claude-opus-4-6", _OPUS, 950_000)
SONNET_4 = _anthropic("claude-sonnet-4-20250514", _SONNET, 190_000)
SONNET_4_5 = _anthropic("claude-sonnet-4-5-20250929", _SONNET.tiered(200_000, 2, 3), 400_000)
SONNET_4_6 = _anthropic("claude-sonnet-4-6", _SONNET, 950_000)
HAIKU_4_5 = _anthropic("claude-haiku-4-5-20251001", Rates(1_000, 100, 1_250, 2_000, 5_000), 190_000)
BEDROCK_SONNET = Model(
    "bedrock",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ((_OPEN, Rates(3_300, 330, 4_125, 6_600, 16_500)),),
    190_000,
    "bedrock",
    "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
)
GPT_5_1 = _openai("gpt-5.1", 270_000, (_OPEN, Rates(1_250, 125, 0, 0, 10_000)))
# OpenAI lowered both prices in the summer of 2026: the same requests cost less from these days on.
TERRA = _openai("gpt-5.6-terra", 270_000, (_OPEN, _TERRA), (date(2026, 7, 30), Rates(2_000, 200, 0, 0, 12_000)))
SOL = _openai("gpt-5.6-sol", 270_000, (_OPEN, _SOL), (date(2026, 8, 21), Rates(4_000, 400, 0, 0, 20_000)))
GPT_5_MINI = _openai("gpt-5-mini", 390_000, (_OPEN, Rates(250, 25, 0, 0, 2_000)))
EMBEDDING = replace(_openai("text-embedding-3-large", 4_000_000, (_OPEN, Rates(130, 130, 0, 0, 0))), answers=False)
GEMINI_2_5_PRO = _google("gemini-2.5-pro", 199_000, Rates(1_250, 125, 0, 0, 10_000))
GEMINI_3_PRO = _google("gemini-3-pro-preview", 199_000, Rates(2_000, 200, 0, 0, 12_000))
GEMINI_3_1_PRO = _google("gemini-3.1-pro-preview", 199_000, Rates(2_000, 200, 0, 0, 12_000))
GEMINI_FLASH = _google("gemini-2.5-flash", 900_000, Rates(300, 30, 0, 0, 2_500, audio=1_000))
MISTRAL_MEDIUM = _mistral(
    "mistral-medium-latest",
    120_000,
    (_OPEN, Rates(400, 40, 0, 0, 2_000)),
    (date(2026, 6, 16), Rates(1_500, 150, 0, 0, 7_500)),
)
MISTRAL_LARGE_3 = _mistral("mistral-large-2512", 250_000, (_OPEN, Rates(500, 50, 0, 0, 1_500)))
MISTRAL_LARGE_4 = _mistral(
    "mistral-large-4",
    900_000,
    (_OPEN, Rates(680, 70, 0, 0, 2_090)),
    (date(2026, 10, 20), Rates(1_360, 140, 0, 0, 4_180)),
    (date(2026, 10, 29), Rates(700, 70, 0, 0, 2_100)),
)
# Runs on the company's own machines: priced by reference/price_overrides.csv.
OWN_13B = Model("halden", "halden-support-13b", ((_OPEN, Rates(600, 600, 0, 0, 1_800)),), 120_000)
# Runs there too, but nobody gave it a price: shown as unpriced, never as free.
UNKNOWN_7B = Model(
    "openai", "halden-internal-7b", ((_OPEN, Rates(0, 0, 0, 0, 0)),), 60_000, "openai", "halden-internal-7b"
)

# What "the big model", "the small model" meant when: a project keeps its roles and the models move on.
ROLES: dict[str, tuple[tuple[date, Model], ...]] = {
    "opus": ((_OPEN, SONNET_4), (date(2025, 11, 25), OPUS_4_5), (date(2026, 3, 16), OPUS_4_6)),
    "sonnet": ((_OPEN, SONNET_4), (date(2026, 3, 16), SONNET_4_6)),
    "long": ((_OPEN, SONNET_4_5),),
    "bedrock": ((_OPEN, BEDROCK_SONNET),),
    "haiku": ((_OPEN, HAIKU_4_5),),
    "gpt": ((_OPEN, GPT_5_1), (date(2026, 7, 6), TERRA)),
    "sol": ((_OPEN, GPT_5_1), (date(2026, 7, 6), SOL)),
    "mini": ((_OPEN, GPT_5_MINI),),
    "embedding": ((_OPEN, EMBEDDING),),
    "gemini": ((_OPEN, GEMINI_2_5_PRO), (date(2026, 1, 12), GEMINI_3_PRO), (date(2026, 3, 30), GEMINI_3_1_PRO)),
    "flash": ((_OPEN, GEMINI_FLASH),),
    "mistral": ((_OPEN, MISTRAL_MEDIUM), (date(2025, 12, 8), MISTRAL_LARGE_3), (date(2026, 10, 12), MISTRAL_LARGE_4)),
    "own": ((_OPEN, OWN_13B),),
    "unknown": ((_OPEN, UNKNOWN_7B),),
}


def model_on(role: str, day: date) -> Model:
    """The model that plays a role on a day."""
    return [model for since, model in ROLES[role] if since <= day][-1]


def all_models() -> list[Model]:
    """Every model that can appear in the example company's logs, each once."""
    return list({model.name: model for stages in ROLES.values() for _, model in stages}.values())
