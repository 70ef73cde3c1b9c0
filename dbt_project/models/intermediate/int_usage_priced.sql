-- What each event cost, at the price of its own moment.
-- Grain: one usage event. Guarantees: the band of the day's pinned price book that holds at the event's instant, for
-- its service tier and its whole input with cache; every amount is exact at 18 decimals. An event without a price, or
-- with tokens of a class that has none, is not priced: its costs are NULL and the reason is said. list_cost is the sum
-- of the parts, and effective_cost = list_cost + markup_cost + discount_cost: the pinned book's markups and discounts
-- one after the other, each on what the one before left, a percentage rounded half up at the 18th decimal. What a
-- provider itself charged has its discounts in it already and gets none. region_cost is what the price adds to tokens
-- where the event says that the model ran in a region: a share of their cost, rounded once, half up at the 18th
-- decimal. Prices, charges and estimates are US dollars: where another currency is reported, each part is converted by
-- itself at the rate that the event's day keeps, rounded once, half up at the 18th decimal, and all that follows is
-- exact in the reporting currency. A provider's own charge is the cost where a source gives one; a gateway's or
-- client's estimate is kept beside it. The sum of several requests says nothing of the input of each: the bucket of the
-- report itself decides the tier (a tier begins above its bound, so one token more is looked up); where there is none
-- it is the base tier, and tier_rule says 'aggregate'. A row that states a message, a document or credits, and names no
-- model and no tokens, has nothing to be priced. A failed row of a batch costs nothing. Where a price bills a request
-- for some seconds of audio at least, a single request is billed so (billed_audio_seconds); of a row that sums several
-- nobody can tell, and what was heard is taken.
{% set counted = token_classes() + counted_units() %}
{% set band_facts = [
    'valid_from', 'valid_to', 'day_from', 'day_to', 'context_from', 'context_to', 'least_audio_seconds',
    'region_premium', 'premium_region', 'premium_note', 'origin', 'known_on', 'note',
] %}
with

measured as (
    select
        * exclude (requests, is_billable, {{ counted | join(', ') }}),
        {% for name in counted %}
        coalesce({{ name }}, 0) as {{ name }},
        {% endfor %}
        coalesce(requests, 1) as requests,
        is_billable and not (service_tier = 'batch' and coalesce(status, 'ok') = 'error') as is_billable,
        {{ sum_of(token_classes()) }} as total_tokens,
        {{ sum_of(counted | reject('in', usual_counts())) }} = 0 as has_usual_counts_only,
        {{ ran_in('inference_region') }} as ran_in,
        case
            when aggregate_context is null then {{ sum_of(input_classes()) }}
            when aggregate_context = 'unknown' then 0
            else cast(aggregate_context as bigint) + 1
        end as context_tokens,
        -- CASE, because AND looks at all its sides for every event: nearly every one names its model.
        case
            when coalesce(raw_model, '') <> '' then false
            else {{ sum_of(counted) }} = 0 and coalesce(credit_type, document_id, message_id, direction) is not null
        end as has_no_price,
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
        case
            when measured.audio_seconds > 0 and measured.requests = 1 and measured.aggregate_context is null
                then greatest(measured.audio_seconds, coalesce(bands.least_audio_seconds, 0))
            else measured.audio_seconds
        end as billed_audio_seconds,
        bands.tier_rule as band_tier_rule,
        {% for name in band_facts %}
        bands.{{ name }} as band_{{ name }},
        {% endfor %}
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
            when is_charged or not is_billable or has_no_price then null
            when coalesce(raw_model, '') = '' then 'the event names no model'
            when price_id is null then 'the model is not in the price book'
            when not has_band then 'no price for service tier ' || service_tier || ' at that time'
            when request_rate is null then 'priced in units that are not counted'
            {% for name in counted %}
            when {{ name }} > 0 and {{ rate_of(name) }} is null then 'no price for {{ name | replace("_", " ") }}'
            {{ 'when has_usual_counts_only then null' if name == usual_counts() | last }}
            {% endfor %}
        end as unpriced_reason
    from banded
),

costed as (
    select
        *,
        {% for part in token_parts() %}
        {{ part_cost(counts_of_part(part)) }} as {{ part }},
        {% endfor %}
        {{ part_cost(counts_of_part('tool_cost')) }} + case
            when is_charged or not is_billable or has_no_price or request_rate = 0 then 0
            else cast(requests as decimal(16, 0)) * request_rate
        end as tool_cost,
        case
            when unpriced_reason is null and is_charged and is_billable then reported_cost
            when unpriced_reason is null then 0
        end as charged_cost,
        case when reported_cost_basis = 'estimate' then reported_cost end as estimated_cost
    from reasoned
),

with_premium as (
    select
        *,
        -- Few events have a premium, and a product of so many digits takes long: only theirs is made.
        case
            when unpriced_reason is not null then null
            when {{ premium_share() }} is null then cast(0 as decimal(38, 18))
            else {{ share_at_18('(' ~ token_parts() | join(' + ') ~ ')', premium_share()) }}
        end as region_cost
    from costed
),

{% if prices_are_foreign() %}
converted as (
    select * replace (
        {% for name in cost_parts() + ['estimated_cost'] %}
        {{ at_rate(name, 'fx_rate') }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    )
    from with_premium
),

{% endif %}
listed as (
    select
        *,
        {{ cost_parts() | join(' + ') }} as list_cost,
        {{ cost_parts() | join(' + ') }} as left_0,
        unpriced_reason is null and is_billable and not is_charged and not has_no_price as is_discountable
    from {{ 'converted' if prices_are_foreign() else 'with_premium' }}
),

{% for step in var('discounts') %}
step_{{ loop.index }} as (
    select
        *,
        case
            when {{ step_applies(step) }} then {{ step_amount(step, 'left_' ~ loop.index0) }}
            else cast(0 as decimal(38, 18))
        end as step_{{ loop.index }},
        left_{{ loop.index0 }} + step_{{ loop.index }} as left_{{ loop.index }}
    from {{ 'listed' if loop.first else 'step_' ~ loop.index0 }}
),

{% endfor %}
discounted as (
    select
        *,
        case when unpriced_reason is null then {{ steps_of_kind('markup') }} end as markup_cost,
        case when unpriced_reason is null then {{ steps_of_kind('discount') }} end as discount_cost
    from {{ 'step_' ~ var('discounts') | length if var('discounts') else 'listed' }}
)

select
    usage_date,
    source,
    role,
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
    ran_in as inference_region,
    latency_ms,
    labels,
    {% for name in fact_texts() %}
    {{ name }},
    {% endfor %}
    requests,
    case when status = 'error' then requests else 0 end as failed_requests,
    {% for name in fact_counts() %}
    coalesce({{ name }}, 0) as {{ name }},
    {% endfor %}
    credit_quantity,
    {% for name in token_classes() %}
    {{ name }},
    {% endfor %}
    total_tokens,
    {% for name in counted_units() %}
    {{ name }},
    {% endfor %}
    unpriced_reason is null as is_priced,
    unpriced_reason,
    price_version,
    case when aggregate_context = 'unknown' then 'aggregate' else band_tier_rule end as tier_rule,
    {% for name in cost_parts() %}
    cast({{ name }} as decimal(38, 18)) as {{ name }},
    {% endfor %}
    cast('{{ var("currency") }}' as varchar) as currency,
    cast('{{ price_currency() }}' as varchar) as price_currency,
    fx_rate,
    fx_date,
    cast(list_cost as decimal(38, 18)) as list_cost,
    cast(markup_cost as decimal(38, 18)) as markup_cost,
    cast(discount_cost as decimal(38, 18)) as discount_cost,
    cast(list_cost + markup_cost + discount_cost as decimal(38, 18)) as effective_cost,
    estimated_cost,
    -- How the cost came about, for `tallyhouse explain`; no mart has these.
    is_billable,
    is_charged,
    has_no_price,
    reported_cost,
    context_tokens,
    billed_audio_seconds,
    band_tier_rule,
    {% for name in band_facts %}
    band_{{ name }},
    {% endfor %}
    {% for name in counted %}
    {{ rate_of(name) }},
    {% endfor %}
    {% for _ in var('discounts') %}
    step_{{ loop.index }},
    {% endfor %}
    request_rate
from discounted
