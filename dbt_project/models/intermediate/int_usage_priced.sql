-- What each event cost, at the price of its own moment.
-- Grain: one usage event. Guarantees: the band of the day's pinned price book that holds at the event's instant, for
-- its service tier and its whole input with cache; every amount is exact at 18 decimals, nothing is rounded. An event
-- without a price, or with tokens of a class that has none, is not priced: its costs are NULL and the reason is said.
-- A provider's own charge is the cost where a source gives one; a gateway's or client's estimate is kept beside it.
{% set counted = token_classes() + ['web_search_calls'] %}
with

measured as (
    select
        *,
        {{ token_classes() | join(' + ') }} as total_tokens,
        uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens
        + input_image_tokens as context_tokens,
        cast(
            extract(hour from event_at) * 3600 + extract(minute from event_at) * 60
            + floor(extract(second from event_at)) as integer
        ) as second_of_day,
        coalesce(reported_cost_basis = 'charge' and reported_cost is not null, false) as is_charged
    from {{ ref('int_usage_resolved') }}
),

banded as (
    select
        measured.*,
        bands.price_id is not null as has_band,
        {% for name in counted %}
        bands.{{ rate_of(name) }},
        {% endfor %}
        bands.request_rate
    from measured
    left join {{ source('prices', 'bands') }} as bands
        on
            measured.price_version = bands.price_version
            and measured.price_id = bands.price_id
            and measured.service_tier = bands.service_tier
            and measured.event_at >= bands.valid_from and measured.event_at < bands.valid_to
            and measured.context_tokens >= bands.context_from and measured.context_tokens < bands.context_to
            and measured.second_of_day >= bands.day_from and measured.second_of_day < bands.day_to
),

reasoned as (
    select
        *,
        case
            when is_charged or not is_billable then null
            when coalesce(raw_model, '') = '' then 'the event names no model'
            when price_id is null then 'the model is not in the price book'
            when not has_band then 'no price for service tier ' || service_tier || ' at that time'
            when request_rate is null then 'priced in units that are not counted'
            {% for name in counted %}
            when {{ name }} > 0 and {{ rate_of(name) }} is null then 'no price for {{ name | replace("_", " ") }}'
            {% endfor %}
        end as unpriced_reason
    from banded
),

costed as (
    select
        *,
        {{ part_cost(['uncached_input_tokens', 'input_audio_tokens', 'input_image_tokens']) }} as input_cost,
        {{ part_cost(['cache_read_tokens']) }} as cache_read_cost,
        {{ part_cost(['cache_write_5m_tokens', 'cache_write_1h_tokens']) }} as cache_write_cost,
        {{ part_cost(['output_tokens', 'reasoning_tokens', 'output_audio_tokens', 'output_image_tokens']) }}
            as output_cost,
        {{ part_cost(['web_search_calls']) }} + case
            when is_charged or not is_billable then 0 else request_rate
        end as tool_cost,
        case
            when unpriced_reason is null and is_charged and is_billable then reported_cost
            when unpriced_reason is null then 0
        end as charged_cost,
        case when reported_cost_basis = 'estimate' then reported_cost end as estimated_cost
    from reasoned
)

select
    usage_date,
    source,
    event_id,
    event_at,
    hour_at,
    local_hour,
    last_at,
    records,
    is_conflict,
    provider,
    model,
    raw_provider,
    raw_model,
    price_id,
    resolution,
    service_tier,
    provider_account,
    department,
    cost_centre,
    team,
    coalesce(project, '') as project,
    coalesce(user_id, '') as user_id,
    coalesce(feature, '') as feature,
    coalesce(channel, '') as channel,
    coalesce(api_key, '') as api_key,
    coalesce(country, '') as country,
    {% for name in fact_dimensions() %}
    coalesce({{ name }}, '') as {{ name }},
    {% endfor %}
    conversation_id,
    status,
    error_code,
    operation,
    latency_ms,
    labels,
    {% for name in fact_texts() %}
    {{ name }},
    {% endfor %}
    cast(1 as bigint) as requests,
    cast(case when status = 'error' then 1 else 0 end as bigint) as failed_requests,
    {% for name in fact_counts() %}
    coalesce({{ name }}, 0) as {{ name }},
    {% endfor %}
    credit_quantity,
    {% for name in token_classes() %}
    {{ name }},
    {% endfor %}
    total_tokens,
    web_search_calls,
    unpriced_reason is null as is_priced,
    unpriced_reason,
    price_version,
    {% for name in cost_parts() %}
    cast({{ name }} as decimal(38, 18)) as {{ name }},
    {% endfor %}
    cast({{ cost_parts() | join(' + ') }} as decimal(38, 18)) as effective_cost,
    estimated_cost
from costed
