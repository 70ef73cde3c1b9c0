{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- How much of each grant in money a month's usage used.
-- Grain: month × department × grant, only what was used, for every month back to the first day of any grant.
-- Guarantees: derived from the days alone, no state is kept. Grants are taken in their order (use_order, then the one
-- that expires first, then id), each by the usage it fits on the days it holds, first by day, then in the order of
-- department, provider and model, until it is used up. First each closed month takes what it was issued with; what all
-- closed ones left is for the open months and for usage of closed ones that became known later, day by day. Nothing is
-- used twice: not a grant, and not a cost by two grants.
{% set steps = [] %}
{% for claim in ['issued', 'rest'] %}
{% for place in range(1, var('money_grants') + 1) %}
{% do steps.append({'place': place, 'claim': claim}) %}
{% endfor %}
{% endfor %}
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

-- Used below, once for each grant. A grant that was lowered since goes to the earlier closed months first.
available as (  -- noqa: ST03
    select
        grants.place,
        issued.closed_month,
        greatest(least(issued.used, grants.amount - coalesce(sum(issued.used) over (
            partition by grants.place order by issued.closed_month rows between unbounded preceding and 1 preceding
        ), 0)), 0) as of_issued
    from grants
    inner join issued on grants.grant_id = issued.grant_id
),

rest as (  -- noqa: ST03
    select grants.place, greatest(grants.amount - coalesce(sum(issued.used), 0), 0) as of_rest
    from grants
    left join issued on grants.grant_id = issued.grant_id
    group by grants.place, grants.amount
),

left_0 as (
    select *, effective_cost as remaining
    from {{ ref('credit_days') }}
),

{% for step in steps %}
wanted_{{ loop.index }} as (
    select
        days.*,
        case when grants.place is null then cast(0 as decimal(38, 18)) else days.remaining end as wanted,
        coalesce({{ 'available.of_issued' if step.claim == 'issued' else 'rest.of_rest' }}, 0) as available
    from left_{{ loop.index0 }} as days
    left join grants
        on
            grants.place = {{ step.place }}
            and days.usage_date >= grants.valid_from and days.usage_date < grants.valid_to
            and (grants.scope_type = 'organisation' or (grants.scope_type = 'department' and grants.scope = days.department))
            and (grants.provider = '' or grants.provider = days.provider)
            and (grants.model = '' or grants.model = days.model)
    {% if step.claim == 'issued' %}
    left join available on available.place = {{ step.place }} and days.closed_month = available.closed_month
    {% else %}
    left join rest on rest.place = {{ step.place }}
    {% endif %}
),

left_{{ loop.index }} as (
    select
        * exclude (remaining, wanted, available),
        cast(greatest(least(wanted, available - (sum(wanted) over (
            {{ 'partition by closed_month' if step.claim == 'issued' }} order by usage_date, department, provider, model
            rows between unbounded preceding and current row
        ) - wanted)), 0) as decimal(38, 18)) as used_{{ loop.index }},
        cast(remaining - used_{{ loop.index }} as decimal(38, 18)) as remaining
    from wanted_{{ loop.index }}
),

{% endfor %}
claims as (
    {% for step in steps %}
    select month, department, {{ step.place }} as place, used_{{ loop.index }} as used
    from left_{{ steps | length }}
    where used_{{ loop.index }} > 0
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select month, department, 1 as place, effective_cost as used
    from left_0
    where false
    {% endfor %}
),

used as (
    select month, department, place, sum(used) as used
    from claims
    group by month, department, place
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
