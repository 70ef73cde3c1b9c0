-- Whom a month's cost is charged to: own usage, shares of shared costs and of flat fees, and untagged usage.
-- Grain: month × cost_centre × department × kind × shared_id.
-- Guarantees: the rows of a month add up to its effective cost, its shared costs and its commitments, and the shares of
-- one cost to the whole, both to the last digit: each share is cut at the 18th decimal, and the units that are then
-- missing go to the largest remainders, of equal ones to the first by name. Untagged usage stands under nobody, in the
-- kind `untagged`; a rule takes it from there (a negative `untagged_share`) and gives it to others. What nobody can be
-- given, because nobody has usage to go by or because nobody used it (`commitment_unused`), stays with nobody and is
-- shown.
with

own as (
    select
        month,
        cost_centre,
        department,
        case when cost_centre = '' and department = '' then 'untagged' else 'direct' end as kind,
        cast(coalesce(sum(effective_cost), 0) as decimal(38, 18)) as amount
    from {{ ref('monthly_usage') }}
    group by month, cost_centre, department
),

pots as (
    select
        pots.month,
        pots.shared_id,
        pots.name,
        pots.kind,
        pots.rule,
        pots.currency,
        pots.fx_rate,
        pots.fx_date,
        pots.whole,
        cast(coalesce(sum(claims.basis), 0) as decimal(38, 18)) as basis_total
    from {{ ref('allocation_pots') }} as pots
    left join {{ ref('allocation_claims') }} as claims
        on pots.month = claims.month and pots.kind = claims.kind and pots.shared_id = claims.shared_id
    group by all
),

cut as (
    select
        pots.*,
        claims.cost_centre,
        claims.department,
        claims.basis,
        abs({{ to_units('pots.whole') }}) as units,
        {{ to_units('claims.basis') }} as basis_units,
        {{ to_units('pots.basis_total') }} as total_units
    from pots
    inner join {{ ref('allocation_claims') }} as claims
        on pots.month = claims.month and pots.kind = claims.kind and pots.shared_id = claims.shared_id
),

-- A lambda, which the linter does not know.
divided as (
    select *, {{ exact_share('units', 'basis_units', 'total_units') }} as share  -- noqa: PRS
    from cut
    where total_units > 0
),

-- units // total_units goes into every unit of basis; the rest of it is what was divided.
floors as (
    select
        *,
        (units // total_units) * basis_units + share.q as floor_units,
        row_number() over (
            partition by month, kind, shared_id order by share.r desc, cost_centre asc, department asc
        ) as place
    from divided
),

shares as (
    select
        *,
        floor_units + case
            when place <= units - sum(floor_units) over (partition by month, kind, shared_id) then 1 else 0
        end as share_units
    from floors
),

rows_of_pots as (
    select
        month, cost_centre, department, kind, shared_id, name, rule, basis, basis_total, whole, currency, fx_rate,
        fx_date,
        {{ from_units('share_units') }} * case when whole < 0 then -1 else 1 end as amount
    from shares
    union all
    -- Named targets of which none has usage.
    select
        month, cost_centre, department, kind, shared_id, name, rule, basis, basis_total, whole, currency, fx_rate,
        fx_date,
        0 as amount
    from cut
    where total_units = 0
    union all
    -- Nobody's row: a shared cost that could not be given away, and what was taken from untagged usage.
    select
        month, '' as cost_centre, '' as department, kind, shared_id, name, rule, null as basis, basis_total, whole,
        currency, fx_rate, fx_date,
        case when kind <> 'untagged_share' then whole when basis_total > 0 then -whole else 0 end as amount
    from pots
    where kind = 'untagged_share' or basis_total = 0
)

select
    month,
    cost_centre,
    department,
    kind,
    '' as shared_id,
    '' as name,
    '' as rule,
    cast(null as decimal(38, 18)) as basis,
    cast(null as decimal(38, 18)) as basis_total,
    cast(null as decimal(38, 18)) as whole,
    '' as currency,
    cast(null as decimal(18, 12)) as fx_rate,
    cast(null as date) as fx_date,
    amount
from own
union all
select
    month,
    cost_centre,
    department,
    kind,
    shared_id,
    name,
    rule,
    cast(basis as decimal(38, 18)) as basis,
    basis_total,
    whole,
    currency,
    fx_rate,
    fx_date,
    cast(amount as decimal(38, 18)) as amount
from rows_of_pots
