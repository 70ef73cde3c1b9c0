-- No grant is used beyond its amount, in all months together. A closed month keeps what it was issued with, also where
-- a grant was lowered since.
with

used as (
    select use.grant_id, sum(use.used) as used
    from {{ ref('credit_use') }} as use
    group by use.grant_id
),

issued as (
    select grant_id, -sum(amount) as used
    from {{ source('published', 'issued_charges') }}
    where scope_type = 'organisation' and line_kind in ('promotional_credit', 'prepaid_credit')
    group by grant_id
)

select used.grant_id, used.used, grants.amount
from used
inner join {{ source('reference', 'credit_grants') }} as grants on used.grant_id = grants.grant_id
left join issued on used.grant_id = issued.grant_id
where used.used > greatest(grants.amount, coalesce(issued.used, 0))
