-- Spans of model calls as canonical usage events. Guarantees: names, types and disjoint token classes, no row dropped.
-- Grain: one delivered span; trace id and span id name the event.
-- OpenTelemetry counts cached, audio, image and reasoning tokens inside input and output: they are taken out here once.
-- Cached tokens may be audio or image too, and a span does not say how many: a modality has at most what is not cached.
with

uncached as (
    select
        *,
        coalesce(error_type is not null or status_code in ('2', 'STATUS_CODE_ERROR'), false) as has_failed,
        coalesce(input_tokens, 0) - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0) as not_cached
    from {{ source('raw', 'otlp') }}
),

with_audio as (
    select
        *,
        least(coalesce(input_audio_tokens, 0), not_cached) as audio
    from uncached
),

by_modality as (
    select
        *,
        least(coalesce(input_image_tokens, 0), not_cached - audio) as image
    from with_audio
)

select
    source,
    event_id,
    event_at,
    provider,
    model,
    {{ service_tier('service_tier') }} as service_tier,
    cast(null as varchar) as provider_account,
    coalesce(user_id, folder_user_id) as user_id,
    coalesce(team, folder_team) as team,
    coalesce(department, folder_department) as department,
    cost_centre,
    coalesce(project, folder_project) as project,
    coalesce(feature, folder_feature) as feature,
    cast(null as varchar) as channel,
    folder_api_key as api_key,
    cast(null as varchar) as country,
    agent as assistant,
    api_type as interface,
    conversation_id,
    response_id as message_id,
    case when has_failed then 'error' else 'ok' end as status,
    error_type as error_code,
    operation,
    coalesce(inference_region, {{ region_of_host('server_address') }}) as inference_region,
    case when end_at >= event_at then cast(date_diff('millisecond', event_at, end_at) as bigint) end as latency_ms,
    {{ json_labels({'environment': 'environment', 'instrumentation': 'scope'}) }} as labels,
    not_cached - audio - image as uncached_input_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(cache_write_tokens, 0) as cache_write_5m_tokens,
    cast(0 as bigint) as cache_write_1h_tokens,
    coalesce(output_tokens, 0) - coalesce(reasoning_tokens, 0) - coalesce(output_audio_tokens, 0) as output_tokens,
    coalesce(reasoning_tokens, 0) as reasoning_tokens,
    audio as input_audio_tokens,
    coalesce(output_audio_tokens, 0) as output_audio_tokens,
    image as input_image_tokens,
    cast(0 as bigint) as output_image_tokens,
    cast(0 as bigint) as web_search_calls,
    cast(null as decimal(38, 18)) as reported_cost,
    cast(null as varchar) as reported_cost_basis,
    -- A call that failed before any token was counted costs nothing.
    not has_failed or coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0 as is_billable
from by_modality
