-- What one unit of each currency is worth in the reporting currency, for rows that carry a currency of their own.
-- Grain: currency × valid_from. Guarantees: the rates of one currency follow each other without gap or overlap, over
-- [valid_from, valid_to); days before its first have none. The reporting currency itself is worth 1, and has no date.
-- As the table is now: usage is converted at the rate that its day keeps (run.days), not at these.
select
    currency,
    rate_date as valid_from,
    coalesce(lead(rate_date) over (partition by currency order by rate_date), date '9999-12-31') as valid_to,
    rate,
    rate_date,
    source
from {{ source('reference', 'fx_rates') }}
where currency <> '{{ var("currency") }}'
union all
select
    '{{ var("currency") }}' as currency,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to,
    cast(1 as decimal(18, 12)) as rate,
    cast(null as date) as rate_date,
    cast('' as varchar) as source
