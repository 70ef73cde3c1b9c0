-- OpenAI's usage of completions as canonical usage events. Guarantees: names, types and disjoint token classes.
-- Grain: one row of a bucket (an hour or a minute) of the newest generation: every request of one project, user, key,
-- model, batch or not, and service tier. event_at is the bucket's start.
-- OpenAI counts cached, cache write, audio and image tokens inside the input, cached audio and images inside cached.
-- Since the report names uncached input, audio and image tokens are those outside the cache; an older row counts
-- cached ones in them too.
-- How large the single requests were cannot be known: aggregate_context says so, and no context tier is applied.
with

usage as (
    select
        *,
        coalesce(input_cached_tokens, 0) as cache_read,
        least(coalesce(input_cached_audio_tokens, 0), cache_read) as cached_audio,
        least(coalesce(input_cached_image_tokens, 0), cache_read - cached_audio) as cached_image,
        coalesce(input_cache_write_tokens, 0) as cache_write,
        coalesce(input_audio_tokens, 0) - case
            when input_uncached_tokens is null
                then least(coalesce(input_cached_audio_tokens, 0), coalesce(input_audio_tokens, 0))
            else 0
        end as input_audio,
        coalesce(input_image_tokens, 0) - case
            when input_uncached_tokens is null
                then least(coalesce(input_cached_image_tokens, 0), coalesce(input_image_tokens, 0))
            else 0
        end as input_image,
        coalesce(output_audio_tokens, 0) as output_audio,
        coalesce(output_image_tokens, 0) as output_image
    from {{ source('raw', 'openai') }}
    where report = 'usage'
)

select
    source,
    event_id,
    event_at,
    'openai' as provider,
    model,
    case when lower(batch) = 'true' then 'batch' else {{ service_tier('service_tier') }} end as service_tier,
    provider_account,
    user_id,
    cast(null as varchar) as team,
    cast(null as varchar) as department,
    cast(null as varchar) as cost_centre,
    project_id as project,
    cast(null as varchar) as feature,
    cast(null as varchar) as channel,
    api_key_id as api_key,
    cast(null as varchar) as country,
    cast(null as varchar) as conversation_id,
    'ok' as status,
    cast(null as varchar) as error_code,
    'completions' as operation,
    cast(null as bigint) as latency_ms,
    cast(null as varchar) as labels,
    input_tokens - cache_read - cache_write - input_audio - input_image as uncached_input_tokens,
    cache_read - cached_audio - cached_image as cache_read_tokens,
    cache_write as cache_write_5m_tokens,
    cast(0 as bigint) as cache_write_1h_tokens,
    output_tokens - output_audio - output_image as output_tokens,
    cast(0 as bigint) as reasoning_tokens,
    input_audio as input_audio_tokens,
    output_audio as output_audio_tokens,
    input_image as input_image_tokens,
    output_image as output_image_tokens,
    cached_audio as cache_read_audio_tokens,
    cached_image as cache_read_image_tokens,
    cast(0 as bigint) as web_search_calls,
    cast(null as decimal(38, 18)) as reported_cost,
    cast(null as varchar) as reported_cost_basis,
    num_model_requests as requests,
    'unknown' as aggregate_context,
    true as is_billable
from usage
