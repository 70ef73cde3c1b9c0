-- What a month's usage was billed at and what was computed for it, by model, and what the variance comes from.
-- Grain: month × provider × provider_account × model; `model` is '' for what the bill does not tell apart by model.
-- Guarantees: variance = billed - computed = the causes + unexplained, exactly. `computed` is effective cost of the
-- organisation's own month, as in monthly_usage: time_zone is what the provider's month of UTC days has more. Where
-- nothing can be compared, billed and all that follows from it are NULL, never 0. `verdict` is of the row alone.
{% set keys = ['month', 'provider', 'provider_account'] %}
{% set from_cells = variance_causes() | reject('equalto', 'time_zone') | list %}
with

cells as (
    select
        {{ keys | join(', ') }},
        model,
        sum(billed_lines) as billed_lines,
        sum(billed_usage) as billed_usage,
        {% for cause in from_cells %}
        sum({{ cause }}) as {{ cause }},
        {% endfor %}
        sum(unexplained) as unexplained
    from {{ ref('reconciliation_cells') }}
    group by {{ keys | join(', ') }}, model
),

accounts as (
    select {{ keys | join(', ') }}, max(bill) as bill, min(why_not) as why_not
    from {{ ref('bill_lines') }}
    where is_compared
    group by {{ keys | join(', ') }}
),

-- The models of an account that its bill tells apart; usage of others is in '' where the bill has such a line.
billed_models as (
    select {{ keys | join(', ') }}, model
    from cells
    where billed_lines > 0
),

placed as (
    select
        usage.*,
        case when named.model is null and rest.model is not null then '' else usage.model end as cell_model
    from {{ ref('billable_usage') }} as usage
    left join billed_models as named
        on
            usage.month = named.month
            and usage.provider = named.provider
            and usage.provider_account = named.provider_account
            and usage.model = named.model
    left join billed_models as rest
        on
            usage.month = rest.month
            and usage.provider = rest.provider
            and usage.provider_account = rest.provider_account
            and rest.model = ''
    where not usage.is_control
),

used as (
    select
        {{ keys | join(', ') }},
        cell_model as model,
        {{ money('sum(cost) filter (where in_month)') }} as computed,
        {{ money('sum(cost) filter (where in_utc_month)') }} as computed_utc,
        cast(coalesce(sum(events) filter (where in_month or in_utc_month), 0) as bigint) as events,
        cast(coalesce(sum(unpriced_events) filter (where in_month or in_utc_month), 0) as bigint) as unpriced_events
    from placed
    group by {{ keys | join(', ') }}, cell_model
),

joined as (
    select
        {% for name in keys + ['model'] %}
        coalesce(used.{{ name }}, cells.{{ name }}) as {{ name }},
        {% endfor %}
        {{ money('used.computed') }} as computed,
        {{ money('used.computed_utc') }} as computed_utc,
        {{ money('used.computed_utc - used.computed') }} as time_zone,
        coalesce(used.events, 0) as events,
        coalesce(used.unpriced_events, 0) as unpriced_events,
        coalesce(cells.billed_lines, 0) as billed_lines,
        {% for name in from_cells %}
        {{ money('cells.' ~ name) }} as {{ name }},
        {% endfor %}
        {{ money('cells.billed_usage') }} as billed_usage,
        {{ money('cells.unexplained') }} as unexplained
    from used
    full outer join cells
        on
            used.month = cells.month
            and used.provider = cells.provider
            and used.provider_account = cells.provider_account
            and used.model = cells.model
),

compared as (
    select
        joined.*,
        coalesce(accounts.bill, '') as bill,
        accounts.bill is not null and accounts.why_not is null as is_compared,
        {{ tolerance('joined.billed_usage + joined.fees', '0') }} as tolerance,
        abs(unexplained) as unexplained_open,
        {% for cause in causes_to_mend() %}
        abs({{ cause }}) {{ 'as to_mend' if loop.last else '+' }}
        {% endfor %}
    from joined
    left join accounts
        on
            joined.month = accounts.month
            and joined.provider = accounts.provider
            and joined.provider_account = accounts.provider_account
)

select
    month,
    provider,
    provider_account,
    model,
    bill,
    {{ computed_currency() }} as currency,
    cast(billed_lines as bigint) as billed_lines,
    cast(case when is_compared then billed_usage + fees + credits end as decimal(38, 18)) as billed,
    computed,
    computed_utc,
    cast(case when is_compared then billed_usage + fees + credits - computed end as decimal(38, 18)) as variance,
    {% for cause in variance_causes() %}
    cast(case when is_compared then {{ cause }} end as decimal(38, 18)) as {{ cause }},
    {% endfor %}
    cast(case when is_compared then unexplained end as decimal(38, 18)) as unexplained,
    cast(case when is_compared then to_mend end as decimal(38, 18)) as to_mend,
    cast(events as bigint) as events,
    cast(unpriced_events as bigint) as unpriced_events,
    case
        when bill = '' then 'no bill'
        when not is_compared then 'not compared'
        when unexplained_open > tolerance then 'differs'
        when unexplained_open + to_mend > tolerance then 'explained'
        else 'agrees'
    end as verdict
from compared
