{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- How much of each grant in money a month's usage used.
-- Grain: month × department × grant, only what was used, for every month back to the first day of any grant.
-- Guarantees: derived from the days alone, no state is kept. Grants are taken in their order (use_order, then the one
-- that expires first, then id), each by the usage it fits on the days it holds, first by day, then in the order of
-- department, provider and model, until it is used up. A closed month takes at most what it was issued with; the open
-- months share what all closed ones left. Nothing is used twice: not a grant, and not a cost by two grants.
with

grants as (
    select *, row_number() over (order by use_order, valid_to, grant_id) as place
    from {{ source('reference', 'credit_grants') }}
    where unit = '{{ var("currency") }}'
),

issued as (
    select month as closed_month, grant_id, -sum(amount) as used
    from {{ source('published', 'issued_charges') }}
    where scope_type = 'organisation' and line_kind in ('promotional_credit', 'prepaid_credit')
    group by month, grant_id
),

periods as (
    select distinct closed_month from {{ ref('credit_days') }}
),

-- Used below, once for each grant.
available as (  -- noqa: ST03
    select
        grants.place,
        periods.closed_month,
        case
            when periods.closed_month = date '0001-01-01'
                then grants.amount - coalesce(sum(every.used), 0)
            else coalesce(sum(every.used) filter (where every.closed_month = periods.closed_month), 0)
        end as amount
    from grants
    cross join periods
    left join issued as every on grants.grant_id = every.grant_id
    group by grants.place, periods.closed_month, grants.amount
),

left_0 as (
    select *, effective_cost as remaining
    from {{ ref('credit_days') }}
),

{% for place in range(1, var('money_grants') + 1) %}
wanted_{{ place }} as (
    select
        days.*,
        case when grants.place is null then cast(0 as decimal(38, 18)) else days.remaining end as wanted,
        coalesce(available.amount, 0) as available
    from left_{{ loop.index0 }} as days
    left join grants
        on
            grants.place = {{ place }}
            and days.usage_date >= grants.valid_from and days.usage_date < grants.valid_to
            and (grants.scope_type = 'organisation' or (grants.scope_type = 'department' and grants.scope = days.department))
            and (grants.provider = '' or grants.provider = days.provider)
            and (grants.model = '' or grants.model = days.model)
    left join available on available.place = {{ place }} and days.closed_month = available.closed_month
),

left_{{ place }} as (
    select
        * exclude (remaining, wanted, available),
        cast(greatest(least(wanted, available - (sum(wanted) over (
            partition by closed_month order by usage_date, department, provider, model
            rows between unbounded preceding and current row
        ) - wanted)), 0) as decimal(38, 18)) as used_{{ place }},
        cast(remaining - used_{{ place }} as decimal(38, 18)) as remaining
    from wanted_{{ place }}
),

{% endfor %}
used as (
    {% for place in range(1, var('money_grants') + 1) %}
    select month, department, {{ place }} as place, sum(used_{{ place }}) as used
    from left_{{ var('money_grants') }}
    group by month, department
    having sum(used_{{ place }}) > 0
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select month, department, 1 as place, effective_cost as used
    from left_0
    where false
    {% endfor %}
)

select
    used.month,
    used.department,
    grants.place as grant_order,
    grants.grant_id,
    case when grants.kind = 'promotional' then 'promotional_credit' else 'prepaid_credit' end as line_kind,
    grants.scope_type as grant_scope_type,
    cast(used.used as decimal(38, 18)) as used,
    cast(grants.amount - sum(used.used) over (
        partition by grants.place order by used.month
    ) as decimal(38, 18)) as left_after
from used
inner join grants on used.place = grants.place
