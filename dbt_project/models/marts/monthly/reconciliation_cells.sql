{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- The smallest piece of a bill that can be compared with usage, and what its variance is shown to come from.
-- Grain: month × provider × provider_account × cell_day × model, of accounts whose bill can be compared. With a cost
-- report a cell is a UTC day, with invoices the month (cell_day is its first day). `model` is '' for what the bill does
-- not tell apart by model: then every model that no line names is in it.
-- Guarantees: billed - computed = the causes + unexplained, exactly. Nothing is a cause by likelihood, each has its own
-- evidence (DECISIONS 44), and one cell has one of these, whole, or none:
--   missing_days     the account has no usage at all on any day that the lines are of
--   unpriced         there is usage, and none of it has a price
--   rounding         what is left lies within half of the last printed digit of each line, half a cent at most
--   adjustments      the bill is, within rounding, the cost without our markups, our discounts, or both
--   price            a control source reports the same quantity of everything that is counted, and all of it is priced
-- days_not_billed is the cost on days that no line is of. exchange is what the cost is more at the bill's exchange rate
-- than at those of its own days; every other cause is in the reporting currency at the bill's.
{% set keys = ['month', 'provider', 'provider_account'] %}
with

lines as (
    select * from {{ ref('bill_lines') }}
    where is_compared and why_not is null
),

accounts as (
    select
        {{ keys | join(', ') }},
        bill,
        max(rate_day) as rate_day,
        bool_and(fx_rate is not null) as is_converted
    from lines
    group by {{ keys | join(', ') }}, bill
),

-- The macro has a lambda, which the linter does not know; it takes the whole select for text.
used as (  -- noqa: disable=PRS,LT01,LT02
    select
        usage.*,
        accounts.bill,
        {% for name in ['cost', 'markup_cost', 'discount_cost'] %}
        case
            when accounts.is_converted and own.fx_rate <> billed.fx_rate
                then {{ at_other_rate('usage.' ~ name, 'own.fx_rate', 'billed.fx_rate') }}
            else usage.{{ name }}
        end as {{ name }}_as_billed{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('billable_usage') }} as usage
    inner join accounts
        on
            usage.month = accounts.month
            and usage.provider = accounts.provider
            and usage.provider_account = accounts.provider_account
    left join {{ source('run', 'bill_rates') }} as own on usage.usage_date = own.rate_day
    left join {{ source('run', 'bill_rates') }} as billed
        on case when accounts.bill = 'report' then usage.utc_date else accounts.rate_day end = billed.rate_day
    where usage.in_utc_month
),  -- noqa: enable=all

names as (
    select {{ keys | join(', ') }}, lower(model) as name, min(model) as model
    from used
    group by {{ keys | join(', ') }}, lower(model)
),

logged_names as (
    select {{ keys | join(', ') }}, lower(raw_model) as name, min(model) as model
    from used
    where raw_model <> ''
    group by {{ keys | join(', ') }}, lower(raw_model)
),

active_days as (
    select distinct {{ keys | join(', ') }}, utc_date
    from used
    where not is_control and events > 0
),

used_spans as (
    select distinct
        lines.month,
        lines.provider,
        lines.provider_account,
        lines.first_day,
        lines.last_day
    from lines
    inner join active_days
        on
            lines.month = active_days.month
            and lines.provider = active_days.provider
            and lines.provider_account = active_days.provider_account
            and lines.first_day <= active_days.utc_date and lines.last_day >= active_days.utc_date
),

charged as (
    select
        lines.*,
        case when lines.bill = 'report' then lines.first_day else lines.month end as cell_day,
        coalesce(names.model, logged_names.model, lines.named_model) as model,
        used_spans.month is not null as has_usage
    from lines
    left join used_spans
        on
            lines.month = used_spans.month
            and lines.provider = used_spans.provider
            and lines.provider_account = used_spans.provider_account
            and lines.first_day = used_spans.first_day
            and lines.last_day = used_spans.last_day
    left join names
        on
            lines.month = names.month
            and lines.provider = names.provider
            and lines.provider_account = names.provider_account
            and lower(lines.named_model) = names.name
            and lines.named_model <> ''
    left join logged_names
        on
            lines.month = logged_names.month
            and lines.provider = logged_names.provider
            and lines.provider_account = logged_names.provider_account
            and lower(lines.named_model) = logged_names.name
),

billed_models as (
    select distinct {{ keys | join(', ') }}, model
    from charged
    where kind = 'usage'
),

billed_cells as (
    select
        {{ keys | join(', ') }},
        cell_day,
        model,
        count(*) filter (where kind = 'usage') as billed_lines,
        count(*) filter (where kind = 'usage' and has_usage) as lines_with_usage,
        sum(amount) filter (where kind = 'usage') as billed_usage,
        sum(amount) filter (where kind = 'fee') as fees,
        sum(amount) filter (where kind = 'credit') as credits,
        sum(half_unit) filter (where kind = 'usage') as half_units
    from charged
    group by {{ keys | join(', ') }}, cell_day, model
),

billed_days as (
    select distinct
        active_days.month,
        active_days.provider,
        active_days.provider_account,
        active_days.utc_date
    from active_days
    inner join charged
        on
            active_days.month = charged.month
            and active_days.provider = charged.provider
            and active_days.provider_account = charged.provider_account
            and active_days.utc_date >= charged.first_day and active_days.utc_date <= charged.last_day
            and charged.kind = 'usage'
),

placed as (
    select
        used.*,
        case when used.bill = 'report' then used.utc_date else used.month end as cell_day,
        case when named.model is null and rest.model is not null then '' else used.model end as cell_model,
        billed_days.utc_date is not null as is_billed_day
    from used
    left join billed_models as named
        on
            used.month = named.month
            and used.provider = named.provider
            and used.provider_account = named.provider_account
            and used.model = named.model
    left join billed_models as rest
        on
            used.month = rest.month
            and used.provider = rest.provider
            and used.provider_account = rest.provider_account
            and rest.model = ''
    left join billed_days
        on
            used.month = billed_days.month
            and used.provider = billed_days.provider
            and used.provider_account = billed_days.provider_account
            and used.utc_date = billed_days.utc_date
),

used_cells as (
    select
        {{ keys | join(', ') }},
        cell_day,
        cell_model as model,
        sum(events) filter (where not is_control and is_billed_day) as events,
        sum(unpriced_events) filter (where not is_control and is_billed_day) as unpriced_events,
        sum(events) filter (where is_control and is_billed_day) as control_events,
        sum(cost) filter (where not is_control and is_billed_day) as cost,
        sum(cost_as_billed) filter (where not is_control and is_billed_day) as cost_as_billed,
        sum(markup_cost_as_billed) filter (where not is_control and is_billed_day) as markup_cost,
        sum(discount_cost_as_billed) filter (where not is_control and is_billed_day) as discount_cost,
        sum(cost) filter (where not is_control and not is_billed_day) as cost_not_billed,
        max(case when not is_control and not is_billed_day then utc_date end) as day_not_billed,
        {% for quantity in compared_quantities() %}
        coalesce(
            sum(case when is_control then {{ quantity }} else -({{ quantity }}) end) filter (where is_billed_day), 0
        ) = 0 {{ 'and' if not loop.last }}
        {% endfor %} as quantities_agree
    from placed
    group by {{ keys | join(', ') }}, cell_day, cell_model
),

cells as (
    select
        {% for name in keys + ['cell_day', 'model'] %}
        coalesce(billed_cells.{{ name }}, used_cells.{{ name }}) as {{ name }},
        {% endfor %}
        coalesce(billed_cells.billed_lines, 0) as billed_lines,
        coalesce(billed_cells.billed_lines, 0) > 0 and billed_cells.lines_with_usage = 0
        and coalesce(used_cells.events, 0) = 0 as is_missing,
        {% for name in ['billed_usage', 'fees', 'credits', 'half_units'] %}
        {{ money('billed_cells.' ~ name) }} as {{ name }},
        {% endfor %}
        {% for name in ['events', 'unpriced_events', 'control_events'] %}
        coalesce(used_cells.{{ name }}, 0) as {{ name }},
        {% endfor %}
        {% for name in ['cost', 'cost_as_billed', 'markup_cost', 'discount_cost', 'cost_not_billed'] %}
        {{ money('used_cells.' ~ name) }} as {{ name }},
        {% endfor %}
        used_cells.day_not_billed,
        coalesce(used_cells.quantities_agree, false) as quantities_agree
    from billed_cells
    full outer join used_cells
        on
            billed_cells.month = used_cells.month
            and billed_cells.provider = used_cells.provider
            and billed_cells.provider_account = used_cells.provider_account
            and billed_cells.cell_day = used_cells.cell_day
            and billed_cells.model = used_cells.model
),

-- What would have to be left off the cost for it to be what was billed: nothing, both, markups, discounts.
shown as (
    select
        *,
        billed_usage - cost_as_billed as difference,
        case
            when is_missing then 'missing_days'
            when events > 0 and events = unpriced_events then 'unpriced'
            when abs(billed_usage - cost_as_billed) <= half_units then 'rounding'
            when billed_lines = 0 then 'nothing'
            when
                markup_cost + discount_cost <> 0
                and abs(billed_usage - cost_as_billed + markup_cost + discount_cost) <= half_units
                then 'both'
            when markup_cost <> 0 and abs(billed_usage - cost_as_billed + markup_cost) <= half_units then 'markups'
            when
                discount_cost <> 0
                and abs(billed_usage - cost_as_billed + discount_cost) <= half_units
                then 'discounts'
            when events > 0 and unpriced_events = 0 and control_events > 0 and quantities_agree then 'price'
            else 'nothing'
        end as evidence
    from cells
),

adjusted as (
    select
        *,
        case evidence
            when 'both' then -(markup_cost + discount_cost)
            when 'markups' then -markup_cost
            when 'discounts' then -discount_cost
            else 0
        end as adjustments
    from shown
)

select
    {{ keys | join(', ') }},
    cell_day,
    model,
    billed_lines,
    events,
    unpriced_events,
    billed_usage,
    fees,
    credits,
    cast(cost + cost_not_billed as decimal(38, 18)) as computed,
    case when evidence = 'unpriced' then difference else 0 end as unpriced,
    case when evidence = 'missing_days' then difference else 0 end as missing_days,
    -cost_not_billed as days_not_billed,
    case when evidence = 'price' then difference else 0 end as price,
    case
        when evidence in ('rounding', 'both', 'markups', 'discounts') then difference - adjustments else 0
    end as rounding,
    adjustments,
    cost_as_billed - cost as exchange,
    case when evidence = 'nothing' then difference else 0 end as unexplained,
    case when is_missing then cell_day end as missing_day,
    case when cost_not_billed <> 0 then day_not_billed end as day_not_billed
from adjusted
