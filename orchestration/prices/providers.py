"""What other tools call the providers of the price package. The one table of provider names."""

import re
from collections.abc import Mapping

UNTOLD = frozenset({"", "litellm", "litellm_proxy"})
"""Names of a gateway that say nothing about who sold the tokens: the model's name alone must tell."""

UNKNOWN_SELLERS = frozenset(
    {
        "custom",
        "custom_openai",
        "openai_like",
        "openai_compatible",
        "openai-compatible",
        "anthropic_like",
        "anthropic_compatible",
        "anthropic-compatible",
    }
)
"""Names of a protocol, not of a seller. The package's patterns would take them for the protocol's inventor."""

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("anthropic_text",),
    "aws": (
        "bedrock",
        "bedrock_converse",
        "aws_bedrock",
        "aws-bedrock",
        "aws.bedrock",
        "amazon",
        "amazon_nova",
        "amazon_bedrock",
        "amazon-bedrock",
    ),
    "azure": (
        "azure_ai",
        "azure_text",
        "azure_openai",
        "azure-openai",
        "azure.ai.openai",
        "azure.ai.inference",
        "az.ai.openai",
        "az.ai.inference",
    ),
    "cloudflare": ("workers-ai", "workers_ai"),
    "cohere": ("cohere_chat",),
    "deepseek": ("deepseek_ai", "deepseek-ai"),
    "fireworks": ("fireworks_ai", "fireworks-ai"),
    "github-copilot": ("github_copilot",),
    "google": (
        "gemini",
        "google_ai_studio",
        "google_genai",
        "google-gla",
        "google_vertex",
        "google-vertex",
        "google_anthropic_vertex",
        "vertex",
        "vertexai",
        "vertex_ai",
        "vertex_ai_beta",
        "vertex_ai-language-models",
        "vertex_ai-anthropic_models",
        "gcp.gemini",
        "gcp.gen_ai",
        "gcp.vertex_ai",
        "anthropic-vertex",
        "anthropic_vertex",
    ),
    "meta": ("meta_llama", "meta-llama"),
    "mistral": ("mistralai", "mistral_ai", "codestral", "text-completion-codestral"),
    "moonshotai": ("moonshot", "moonshot_ai"),
    "novita": ("novita_ai", "novita-ai"),
    "openai": ("text-completion-openai", "openai_chat", "openai.chat", "openai.responses"),
    "perplexity": ("perplexity_ai", "perplexityai"),
    "together": ("together_ai", "together-ai", "togetherai"),
    "voyageai": ("voyage",),
    "x-ai": ("xai", "x_ai", "x.ai"),
    "zai": ("z.ai", "z-ai", "z_ai"),
}
ALIASES: Mapping[str, str] = {
    spelling: provider for provider, spellings in _SPELLINGS.items() for spelling in spellings
}


BEDROCK = "bedrock"
_BEDROCK_ID = re.compile(
    r"(arn:aws[a-z-]*:bedrock:.*|(([a-z]{2,6}|us-gov)\.)?"
    r"(ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen|stability|writer)\.[a-z0-9].*)"
)


def maker_of(model: str) -> str | None:
    """Who made a model (name in lower case) that the package's own patterns of names give to nobody."""
    return "openai" if model.startswith(("text-embedding-3-", "text-embedding-ada-")) else None


def is_bedrock_id(model: str) -> bool:
    """Whether a model's name (in lower case) is an id or ARN of Bedrock, which says by itself who sold the tokens."""
    return _BEDROCK_ID.fullmatch(model) is not None


def spelled(name: str) -> str:
    """`name` in lower case, as the price package spells it when the table knows it."""
    lowered = name.strip().lower()
    return ALIASES.get(lowered, lowered)
