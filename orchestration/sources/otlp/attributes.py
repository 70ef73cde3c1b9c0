"""Names under which instrumentations put the same fact on a span: the current conventions first, older ones after.

Current: OpenTelemetry's gen_ai conventions. Older and others: gen_ai before 1.37, OpenLLMetry (llm.usage.*),
OpenInference (llm.token_count.*), Pydantic AI (gen_ai.usage.details.*), Sentry, Vercel's AI SDK (ai.usage.*).
"""

from collections.abc import Mapping

COUNTS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.usage.prompt_tokens",
        "llm.token_count.prompt",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.usage.completion_tokens",
        "llm.token_count.completion",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached",
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
        "gen_ai.usage.input_tokens.cache_write",
        "llm.token_count.prompt_details.cache_write",
    ),
    "input_audio_tokens": ("gen_ai.usage.audio.input_tokens", "llm.token_count.prompt_details.audio"),
    "input_image_tokens": ("gen_ai.usage.image.input_tokens",),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning",
        "llm.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
    ),
    "output_audio_tokens": ("gen_ai.usage.audio.output_tokens", "llm.token_count.completion_details.audio"),
}
TEXTS: Mapping[str, tuple[str, ...]] = {
    "operation": ("gen_ai.operation.name", "llm.request.type", "openinference.span.kind", "traceloop.span.kind"),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    "request_model": ("gen_ai.request.model", "llm.request.model", "llm.model_name", "embedding.model_name"),
    "response_model": ("gen_ai.response.model", "llm.response.model"),
    "response_id": ("gen_ai.response.id",),
    "service_tier": (
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "api_type": ("openai.api.type",),
    "conversation_id": (
        "gen_ai.conversation.id",
        "session.id",
        "langfuse.session.id",
        "traceloop.association.properties.session_id",
    ),
    "user_id": (
        "tallyhouse.user_id",
        "user.id",
        "enduser.id",
        "langfuse.user.id",
        "traceloop.association.properties.user_id",
    ),
    "agent": ("gen_ai.agent.name", "agent_name"),
    "team": ("tallyhouse.team",),
    "department": ("tallyhouse.department",),
    "cost_centre": ("tallyhouse.cost_centre",),
    "project": ("tallyhouse.project", "service.namespace"),
    "feature": ("tallyhouse.feature", "service.name"),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "error_type": ("error.type",),
    "inference_region": ("tallyhouse.inference_region",),
    "server_address": ("server.address",),
}
NAMES = tuple(dict.fromkeys(name for names in (*COUNTS.values(), *TEXTS.values()) for name in names))

CALLS = (
    "chat", "text_completion", "generate_content", "embeddings",
    "completion", "embedding", "llm", "rerank", "reranker",
)  # fmt: skip
"""Operations that are one call of a model: only their usage counts."""
AROUND = (
    "invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "plan", "retrieval", "create_memory",
    "create_memory_store", "delete_memory", "delete_memory_store", "search_memory", "update_memory", "upsert_memory",
    "agent", "chain", "tool", "workflow", "task", "retriever", "guardrail", "evaluator", "prompt",
)  # fmt: skip
"""Operations around calls: any usage they bear is that of the calls below them once more."""
