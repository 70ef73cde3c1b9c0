-- LiteLLM spend logs as canonical usage events. Guarantees: names, types and disjoint token classes, no row dropped.
-- Grain: one delivered row; request_id names the event.
-- LiteLLM counts cached, audio and reasoning tokens inside prompt and completion tokens: they are taken out here once.
-- Its spend is the gateway's estimate, never the basis of a cost. A hit of the gateway's own response cache is free.
with

parts as (
    select
        *,
        greatest(
            {{ json_count('metadata', 'usage_object.prompt_tokens_details.cached_tokens') }},
            {{ json_count('metadata', 'usage_object.cache_read_input_tokens') }},
            {{ json_count('metadata', 'additional_usage_values.cache_read_input_tokens') }}
        ) as cache_read,
        greatest(
            {{ json_count('metadata', 'usage_object.prompt_tokens_details.cache_creation_tokens') }},
            {{ json_count('metadata', 'usage_object.cache_creation_input_tokens') }},
            {{ json_count('metadata', 'additional_usage_values.cache_creation_input_tokens') }}
        ) as cache_write,
        {{ json_count(
            'metadata', 'usage_object.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens'
        ) }} as cache_write_1h,
        {{ json_count('metadata', 'usage_object.prompt_tokens_details.audio_tokens') }} as input_audio,
        {{ json_count('metadata', 'usage_object.completion_tokens_details.reasoning_tokens') }} as reasoning,
        {{ json_count('metadata', 'usage_object.completion_tokens_details.audio_tokens') }} as output_audio
    from {{ source('raw', 'litellm') }}
),

-- Cached tokens may be audio too, and a row does not say how many: audio has at most what is not cached.
disjoint as (
    select
        * exclude (input_audio),
        least(input_audio, coalesce(prompt_tokens, 0) - cache_read - cache_write) as input_audio
    from parts
)

select
    source,
    event_id,
    event_at,
    custom_llm_provider as provider,
    model,
    {{ service_tier(json_text('metadata', 'usage_object.service_tier')) }} as service_tier,
    cast(null as varchar) as provider_account,
    coalesce(nullif("user", ''), folder_user_id) as user_id,
    coalesce(nullif(team_id, ''), folder_team) as team,
    folder_department as department,
    cast(null as varchar) as cost_centre,
    coalesce(
        {{ json_text('metadata', 'project_id') }}, {{ json_tag('request_tags', 'project') }}, folder_project
    ) as project,
    coalesce({{ json_tag('request_tags', 'feature') }}, folder_feature) as feature,
    {{ json_tag('request_tags', 'channel') }} as channel,
    coalesce(nullif(api_key, ''), folder_api_key) as api_key,
    coalesce({{ json_tag('request_tags', 'country') }}, country) as country,
    case when {{ json_tag('request_tags', 'country') }} is null then continent end as continent,
    case when {{ json_tag('request_tags', 'country') }} is null then region end as region,
    case when {{ json_tag('request_tags', 'country') }} is null then city end as city,
    requester_ip_address as caller_ip,
    session_id as conversation_id,
    case when status = 'failure' then 'error' else 'ok' end as status,
    {{ json_text('metadata', 'error_information.error_code') }} as error_code,
    call_type as operation,
    coalesce({{ json_text('metadata', 'usage_object.inference_geo') }}, {{ region_of_host('api_base') }})
        as inference_region,
    cast(date_diff('millisecond', event_at, end_at) as bigint) as latency_ms,
    request_tags as labels,
    coalesce(prompt_tokens, 0) - cache_read - cache_write - input_audio as uncached_input_tokens,
    cache_read as cache_read_tokens,
    cache_write - cache_write_1h as cache_write_5m_tokens,
    cache_write_1h as cache_write_1h_tokens,
    coalesce(completion_tokens, 0) - reasoning - output_audio as output_tokens,
    reasoning as reasoning_tokens,
    input_audio as input_audio_tokens,
    output_audio as output_audio_tokens,
    cast(0 as bigint) as input_image_tokens,
    cast(0 as bigint) as output_image_tokens,
    cast(0 as bigint) as web_search_calls,
    spend as reported_cost,
    'estimate' as reported_cost_basis,
    coalesce(lower(cache_hit), 'false') <> 'true' as is_billable
from disjoint
