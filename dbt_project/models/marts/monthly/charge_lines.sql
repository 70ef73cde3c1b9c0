{{ config(materialized='table', database='scratch', contract={'enforced': false}) }}
-- The lines of each statement before tax and before rounding.
-- Grain: month × scope_type × scope × line_kind × provider × model × feature × grant_id × shared_id.
-- Guarantees: complete days and priced usage only; the organisation's lines are the exact sums of the departments'.
-- What monthly_allocation divides is charged as it divides it, but for commitments once the month is over: a shared
-- cost is of a whole month. What a rule takes from untagged usage and gives to others is nothing for the organisation.
-- `part` is what a line is summed with: cost (what usage costs), credit (promotional, which lowers it), share (of a
-- flat fee and of untagged usage), shared (costs that several share, which have taxes of their own) or prepaid (what
-- was paid for before it was used, which lowers what is due and not the cost). `grant_order` is the place of a grant, a
-- commitment or a shared cost among those of its kind: each is printed as one row.
with

usage as (
    select
        days.month,
        days.department,
        days.provider,
        days.model,
        days.feature,
        sum(days.requests) as requests,
        sum(days.total_tokens) as total_tokens,
        sum(days.list_cost) as list_cost,
        sum(days.markup_cost) as markup_cost,
        sum(days.discount_cost) as discount_cost
    from {{ ref('month_days') }} as days
    inner join {{ source('run', 'months') }} as months on days.month = months.month
    where days.is_priced and days.usage_date <= months.data_until
    group by days.month, days.department, days.provider, days.model, days.feature
),

shares as (
    select
        allocation.month,
        allocation.department,
        allocation.kind,
        case allocation.kind when 'shared' then 7 when 'untagged_share' then 6 else 5 end as kind_order,
        allocation.shared_id,
        allocation.name as shared_name,
        sum(allocation.amount) as amount
    from {{ ref('monthly_allocation') }} as allocation
    inner join {{ source('run', 'months') }} as months on allocation.month = months.month
    where
        allocation.kind in ('commitment', 'commitment_unused')
        or (
            allocation.kind in ('shared', 'untagged_share')
            and months.owed_until >= months.next_month - interval 1 day
        )
    group by allocation.month, allocation.department, allocation.kind, allocation.shared_id, allocation.name
    having sum(allocation.amount) <> 0
),

divided as (
    select *, dense_rank() over (partition by month, kind_order order by shared_id) as grant_order
    from shares
),

lines as (
    select
        month, department, 'cost' as part, 1 as kind_order, 'usage' as line_kind, provider, model, feature, requests,
        total_tokens, list_cost as amount
    from usage
    union all by name
    select
        month, department, 'cost' as part, 2 as kind_order, 'markup' as line_kind, provider,
        sum(markup_cost) as amount
    from usage
    group by month, department, provider
    having sum(markup_cost) <> 0
    union all by name
    select
        month, department, 'cost' as part, 3 as kind_order, 'discount' as line_kind, provider,
        sum(discount_cost) as amount
    from usage
    group by month, department, provider
    having sum(discount_cost) <> 0
    union all by name
    select
        month, department, case when line_kind = 'prepaid_credit' then 'prepaid' else 'credit' end as part,
        case when line_kind = 'prepaid_credit' then 10 else 4 end as kind_order, line_kind, grant_id, grant_order,
        grant_scope_type, left_after, -used as amount
    from {{ ref('credit_use') }}
    where month in (select months.month from {{ source('run', 'months') }} as months)
    union all by name
    select
        month, department, case when kind = 'shared' then 'shared' else 'share' end as part, kind_order,
        kind as line_kind, shared_id, shared_name, grant_order, amount
    from divided
),

named as (
    select
        * exclude (provider, model, feature, grant_id, grant_order, shared_id, shared_name),
        coalesce(provider, '') as provider,
        coalesce(model, '') as model,
        coalesce(feature, '') as feature,
        coalesce(grant_id, '') as grant_id,
        coalesce(grant_order, 0) as grant_order,
        coalesce(shared_id, '') as shared_id,
        coalesce(shared_name, '') as shared_name
    from lines
)

select
    month, 'organisation' as scope_type, '' as scope, part, kind_order, line_kind, provider, model, feature, grant_id,
    grant_order, shared_id, shared_name, max(left_after) as left_after, cast(sum(requests) as bigint) as requests,
    cast(sum(total_tokens) as decimal(38, 0)) as total_tokens, cast(sum(amount) as decimal(38, 18)) as amount
from named
group by
    month, part, kind_order, line_kind, provider, model, feature, grant_id, grant_order, shared_id, shared_name
having line_kind <> 'untagged_share' or sum(amount) <> 0
union all by name
select
    month, 'department' as scope_type, department as scope, part, kind_order, line_kind, provider, model, feature,
    grant_id, grant_order, shared_id, shared_name,
    case when grant_scope_type = 'department' then left_after end as left_after, cast(requests as bigint) as requests,
    cast(total_tokens as decimal(38, 0)) as total_tokens, cast(amount as decimal(38, 18)) as amount
from named
