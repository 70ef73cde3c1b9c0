-- Bedrock invocations as canonical usage events. Guarantees: names, types and disjoint token classes, no row dropped.
-- Grain: one delivered record; requestId names the event.
-- Bedrock counts cached tokens outside its input. A cache write without a time to live is a five-minute one.
-- A record has no cost. A failed invocation that gave no answer is not billed.
with

callers as (
    select
        *,
        {{ matched('identity_arn', ':assumed-role/([^/]+)/') }} as role_name,
        {{ matched('identity_arn', ':assumed-role/[^/]+/(.+)$') }} as session_name,
        {{ matched('identity_arn', ':user/(?:.*/)?([^/]+)$') }} as user_name
    from {{ source('raw', 'bedrock') }}
)

select
    source,
    event_id,
    event_at,
    'bedrock' as provider,
    model,
    {{ service_tier('service_tier') }} as service_tier,
    account_id as provider_account,
    -- Sessions of single sign-on are people; those of other roles are made up for each process, so the role stands.
    coalesce(
        {{ json_any('request_metadata', ['user_id', 'userId', 'user']) }},
        user_name,
        case when session_name like '%@%' or role_name like 'AWSReservedSSO_%' then session_name end,
        role_name,
        identity_arn,
        folder_user_id
    ) as user_id,
    coalesce({{ json_any('request_metadata', ['team']) }}, folder_team) as team,
    coalesce({{ json_any('request_metadata', ['department']) }}, folder_department) as department,
    {{ json_any('request_metadata', ['cost_centre', 'costCentre', 'cost_center', 'costCenter', 'cost-center']) }}
        as cost_centre,
    coalesce({{ json_any('request_metadata', ['project', 'Project']) }}, folder_project) as project,
    coalesce({{ json_any('request_metadata', ['feature', 'application', 'app']) }}, folder_feature) as feature,
    cast(null as varchar) as channel,
    folder_api_key as api_key,
    cast(null as varchar) as country,
    {{ json_any('request_metadata', ['conversation_id', 'conversationId', 'session_id', 'sessionId']) }}
        as conversation_id,
    case when error_code is null then 'ok' else 'error' end as status,
    error_code,
    operation,
    operation as endpoint,
    coalesce(inference_region, region) as inference_region,
    latency_ms,
    request_metadata as labels,
    coalesce(input_tokens, 0) as uncached_input_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(cache_write_tokens, 0) - coalesce(cache_write_1h_tokens, 0) as cache_write_5m_tokens,
    coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    cast(0 as bigint) as reasoning_tokens,
    cast(0 as bigint) as input_audio_tokens,
    cast(0 as bigint) as output_audio_tokens,
    cast(0 as bigint) as input_image_tokens,
    cast(0 as bigint) as output_image_tokens,
    cast(0 as bigint) as web_search_calls,
    cast(null as decimal(38, 18)) as reported_cost,
    cast(null as varchar) as reported_cost_basis,
    error_code is null or coalesce(output_tokens, 0) > 0 as is_billable
from callers
