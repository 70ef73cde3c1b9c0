-- What each statement charges, line by line.
-- Grain: month × scope_type × scope × line_order: the organisation, and each department ('' is untagged usage).
-- Guarantees: `amount` is exact, and before tax the departments' add up to the organisation's. `rounded_amount` is in
-- cents, each statement on its own: the lines before tax add up to their own sum, rounded half up (of which the parts
-- of charge_lines, then kinds, providers and models are rounded), and prepaid credits to theirs (largest remainder,
-- ties by line order). Tax is that of the month's last day, half up on the cents of what it is on: usage with its
-- credits, and shared costs, each at its own rates. So lines where is_charged add up to what a statement charges.
with

parts as (
    select
        month,
        part,
        part = 'prepaid' as is_prepaid,
        scope_type,
        scope,
        cast(sum(amount) as decimal(38, 18)) as amount
    from {{ ref('charge_lines') }}
    group by month, part, scope_type, scope
),

sums as (
    select month, is_prepaid, scope_type, scope, cast(sum(amount) as decimal(38, 18)) as amount
    from parts
    group by month, is_prepaid, scope_type, scope
),

targets as (
    select *, round(amount, 2) as target
    from sums
),

part_sums as (
    select parts.*, targets.target
    from parts
    inner join targets
        on
            parts.month = targets.month and parts.is_prepaid = targets.is_prepaid
            and parts.scope_type = targets.scope_type and parts.scope = targets.scope
),

part_targets as (
    {{ largest_remainder('part_sums', 'target', 'month, is_prepaid, scope_type, scope', 'part') }}
),

-- What is printed as one row is rounded before what it is made of: a kind, its providers or grants, then their models.
rows_of_kinds as (
    select
        charge_lines.month,
        charge_lines.scope_type,
        charge_lines.scope,
        charge_lines.part,
        charge_lines.kind_order,
        part_targets.rounded as target,
        cast(sum(charge_lines.amount) as decimal(38, 18)) as amount
    from {{ ref('charge_lines') }} as charge_lines
    inner join part_targets
        on
            charge_lines.month = part_targets.month and charge_lines.part = part_targets.part
            and charge_lines.scope_type = part_targets.scope_type and charge_lines.scope = part_targets.scope
    group by all
),

kind_targets as (
    {{ largest_remainder('rows_of_kinds', 'target', 'month, scope_type, scope, part', 'kind_order') }}
),

rows_of_providers as (
    select
        charge_lines.month,
        charge_lines.scope_type,
        charge_lines.scope,
        charge_lines.kind_order,
        charge_lines.provider,
        charge_lines.grant_order,
        kind_targets.rounded as target,
        cast(sum(charge_lines.amount) as decimal(38, 18)) as amount
    from {{ ref('charge_lines') }} as charge_lines
    inner join kind_targets
        on
            charge_lines.month = kind_targets.month and charge_lines.scope_type = kind_targets.scope_type
            and charge_lines.scope = kind_targets.scope and charge_lines.kind_order = kind_targets.kind_order
    group by all
),

provider_targets as (
    {{ largest_remainder(
        'rows_of_providers', 'target', 'month, scope_type, scope, kind_order', 'grant_order, -abs(amount), provider'
    ) }}
),

rows_of_models as (
    select
        charge_lines.month,
        charge_lines.scope_type,
        charge_lines.scope,
        charge_lines.kind_order,
        charge_lines.provider,
        charge_lines.grant_order,
        charge_lines.model,
        provider_targets.rounded as target,
        cast(sum(charge_lines.amount) as decimal(38, 18)) as amount
    from {{ ref('charge_lines') }} as charge_lines
    inner join provider_targets
        on
            charge_lines.month = provider_targets.month and charge_lines.scope_type = provider_targets.scope_type
            and charge_lines.scope = provider_targets.scope and charge_lines.kind_order = provider_targets.kind_order
            and charge_lines.provider = provider_targets.provider
            and charge_lines.grant_order = provider_targets.grant_order
    group by all
),

model_targets as (
    {{ largest_remainder(
        'rows_of_models', 'target', 'month, scope_type, scope, kind_order, provider, grant_order', '-abs(amount), model'
    ) }}
),

lines as (
    select
        charge_lines.*,
        model_targets.rounded as target,
        row_number() over (
            partition by charge_lines.month, charge_lines.scope_type, charge_lines.scope
            order by
                charge_lines.kind_order, charge_lines.grant_order, -abs(charge_lines.amount), charge_lines.provider,
                charge_lines.model, charge_lines.feature, charge_lines.line_kind
        ) as place
    from {{ ref('charge_lines') }} as charge_lines
    inner join model_targets
        on
            charge_lines.month = model_targets.month and charge_lines.scope_type = model_targets.scope_type
            and charge_lines.scope = model_targets.scope and charge_lines.kind_order = model_targets.kind_order
            and charge_lines.provider = model_targets.provider
            and charge_lines.grant_order = model_targets.grant_order and charge_lines.model = model_targets.model
),

-- What is taxed: the cents of usage with its credits, and those of shared costs.
taxed as (
    select
        month,
        scope,
        case when part = 'shared' then 'shared_costs' else 'usage' end as taxed_as,
        sum(rounded) as base,
        cast(sum(amount) as decimal(38, 18)) as exact_base
    from part_targets
    where not is_prepaid and scope_type = 'department'
    group by month, scope, taxed_as
),

kinds as (
    select distinct taxed_as from taxed
),

rates as (
    select months.month, kinds.taxed_as, taxes.*
    from {{ source('run', 'months') }} as months
    inner join {{ source('reference', 'taxes') }} as taxes
        on months.next_month > taxes.valid_from and months.next_month <= taxes.valid_to
    inner join kinds on taxes.applies_to in ('all', kinds.taxed_as)
),

department_rates as (
    select
        taxed.month,
        taxed.scope,
        rates.jurisdiction,
        rates.name,
        rates.percent,
        rates.mode,
        taxed.base,
        taxed.exact_base,
        cast(coalesce(sum(rates.percent) filter (where rates.mode = 'inclusive') over (
            partition by taxed.month, taxed.scope, taxed.taxed_as
        ), 0) + 100 as decimal(12, 6)) as percent_of
    from taxed
    inner join rates
        on
            taxed.month = rates.month and taxed.taxed_as = rates.taxed_as
            and (
                (rates.scope_type = 'department' and taxed.scope = rates.scope)
                or (
                    rates.scope_type = 'organisation'
                    and (taxed.month, taxed.scope, taxed.taxed_as) not in (
                        select (own.month, own.scope, own.taxed_as)
                        from rates as own
                        where own.scope_type = 'department'
                    )
                )
            )
),

department_bases as (
    select
        month, scope, jurisdiction, name, percent, mode, percent_of, sum(base) as base, sum(exact_base) as exact_base
    from department_rates
    group by month, scope, jurisdiction, name, percent, mode, percent_of
),

-- The organisation's line for a rate is on all that the departments are taxed on, rounded once.
bases as (
    select month, 'department' as scope_type, scope, jurisdiction, name, percent, mode, percent_of, base
    from department_bases
    union all by name
    select
        month, 'organisation' as scope_type, '' as scope, jurisdiction, name, percent, mode, percent_of,
        round(sum(exact_base), 2) as base
    from department_bases
    group by month, jurisdiction, name, percent, mode, percent_of
),

taxes as (
    -- Nobody's base is below zero where a rule gives usage away that credits have lowered.
    select
        *,
        {{ share_of('abs(base)', 'percent', 'percent_of') }} * cast(sign(base) as decimal(1, 0)) as amount,
        round(amount, 2) as rounded
    from bases
),

together as (
    select
        month, scope_type, scope, kind_order, place, line_kind, provider, model, feature, grant_id, shared_id,
        shared_name, requests, total_tokens, left_after, amount, rounded
    from (
        {{ largest_remainder(
            'lines', 'target', 'month, scope_type, scope, kind_order, provider, grant_order, model', 'place'
        ) }}
    ) as rounded_lines
    union all by name
    select
        month, scope_type, scope, case when mode = 'inclusive' then 8 else 9 end as kind_order,
        case when mode = 'inclusive' then 'tax_contained' else 'tax_added' end as line_kind, jurisdiction,
        name as tax_name, percent, percent_of, base, amount, rounded
    from taxes
)

select
    month,
    scope_type,
    scope,
    cast(row_number() over (
        partition by month, scope_type, scope
        order by kind_order, place, jurisdiction, tax_name, percent, percent_of
    ) as integer) as line_order,
    line_kind,
    line_kind <> 'tax_contained' as is_charged,
    coalesce(provider, '') as provider,
    coalesce(model, '') as model,
    coalesce(feature, '') as feature,
    coalesce(grant_id, '') as grant_id,
    coalesce(jurisdiction, '') as jurisdiction,
    coalesce(tax_name, '') as tax_name,
    coalesce(shared_id, '') as shared_id,
    coalesce(shared_name, '') as shared_name,
    percent,
    percent_of,
    cast(base as decimal(38, 2)) as base,
    requests,
    total_tokens,
    cast(left_after as decimal(38, 18)) as left_after,
    cast(amount as decimal(38, 18)) as amount,
    rounded as rounded_amount
from together
