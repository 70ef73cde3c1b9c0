-- Claude Code session records as canonical usage events. Guarantees: names, types and disjoint token classes.
-- Grain: one delivered record; a streamed message is delivered several times while it grows.
-- Anthropic counts cached tokens outside its input. A cache write without a time to live is a five-minute one. Where a
-- record gives the writes by time to live and no sum, they are the sum.
-- costUSD is the client's estimate, never the basis of a cost.
select
    source,
    event_id,
    event_at,
    'anthropic' as provider,
    model,
    case
        when speed is not null and speed <> 'standard' then lower(speed)
        else {{ service_tier('service_tier') }}
    end as service_tier,
    cast(null as varchar) as provider_account,
    folder_user_id as user_id,
    folder_team as team,
    folder_department as department,
    cast(null as varchar) as cost_centre,
    folder_project as project,
    coalesce(folder_feature, 'claude-code') as feature,
    'cli' as channel,
    folder_api_key as api_key,
    cast(null as varchar) as country,
    session_id as conversation_id,
    'ok' as status,
    cast(null as varchar) as error_code,
    'chat' as operation,
    inference_geo as inference_region,
    cast(null as bigint) as latency_ms,
    cast(null as varchar) as labels,
    coalesce(input_tokens, 0) as uncached_input_tokens,
    coalesce(cache_read_input_tokens, 0) as cache_read_tokens,
    greatest(
        coalesce(cache_creation_input_tokens, 0),
        coalesce(ephemeral_5m_input_tokens, 0) + coalesce(ephemeral_1h_input_tokens, 0)
    ) - coalesce(ephemeral_1h_input_tokens, 0) as cache_write_5m_tokens,
    coalesce(ephemeral_1h_input_tokens, 0) as cache_write_1h_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    cast(0 as bigint) as reasoning_tokens,
    cast(0 as bigint) as input_audio_tokens,
    cast(0 as bigint) as output_audio_tokens,
    cast(0 as bigint) as input_image_tokens,
    cast(0 as bigint) as output_image_tokens,
    coalesce(web_search_requests, 0) as web_search_calls,
    cost_usd as reported_cost,
    case when cost_usd is not null then 'estimate' end as reported_cost_basis,
    true as is_billable
from {{ source('raw', 'claude_code') }}
