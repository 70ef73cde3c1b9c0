-- Anthropic's usage of messages as canonical usage events. Guarantees: names, types and disjoint token classes.
-- Grain: one row of a bucket (an hour or a minute) of the newest generation: every request of one account, key,
-- workspace, model, service tier, speed, context window and region. event_at is the bucket's start.
-- Anthropic counts cached tokens outside its input, and writes by their time to live. The report does not say how many
-- requests there were: requests is 0. Its context window decides the context tier, not the sum of the bucket.
select
    source,
    event_id,
    event_at,
    'anthropic' as provider,
    model,
    case
        when service_tier = 'batch' then 'batch'
        when speed is not null and speed <> 'standard' then lower(speed)
        else {{ service_tier('service_tier') }}
    end as service_tier,
    provider_account,
    coalesce(account_id, service_account_id) as user_id,
    cast(null as varchar) as team,
    cast(null as varchar) as department,
    cast(null as varchar) as cost_centre,
    cast(null as varchar) as project,
    workspace_id as workspace,
    cast(null as varchar) as feature,
    cast(null as varchar) as channel,
    api_key_id as api_key,
    cast(null as varchar) as country,
    cast(null as varchar) as conversation_id,
    'ok' as status,
    cast(null as varchar) as error_code,
    'messages' as operation,
    inference_geo as inference_region,
    cast(null as bigint) as latency_ms,
    '{"inference_geo":"' || replace(replace(inference_geo, '"', ''), chr(92), '') || '"}' as labels,
    uncached_input_tokens,
    cache_read_input_tokens as cache_read_tokens,
    coalesce(ephemeral_5m_input_tokens, 0) as cache_write_5m_tokens,
    coalesce(ephemeral_1h_input_tokens, 0) as cache_write_1h_tokens,
    output_tokens,
    cast(0 as bigint) as reasoning_tokens,
    cast(0 as bigint) as input_audio_tokens,
    cast(0 as bigint) as output_audio_tokens,
    cast(0 as bigint) as input_image_tokens,
    cast(0 as bigint) as output_image_tokens,
    coalesce(web_search_requests, 0) as web_search_calls,
    cast(null as decimal(38, 18)) as reported_cost,
    cast(null as varchar) as reported_cost_basis,
    cast(0 as bigint) as requests,
    case context_window when '0-200k' then '0' when '200k-1M' then '200000' else 'unknown' end as aggregate_context,
    true as is_billable
from {{ source('raw', 'anthropic') }}
where report = 'usage'
