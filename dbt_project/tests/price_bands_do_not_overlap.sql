-- No event can be priced by two bands: the join would double it.
with

bands as (
    select
        *,
        row_number() over (order by price_version, price_id, service_tier, valid_from, day_from, context_from) as n
    from {{ source('prices', 'bands') }}
)

select a.price_version, a.price_id, a.service_tier, a.valid_from, b.valid_from as other_from
from bands as a
inner join bands as b
    on
        a.price_version = b.price_version and a.price_id = b.price_id and a.service_tier = b.service_tier
        and a.n < b.n
        and a.valid_from < b.valid_to and a.valid_to > b.valid_from
        and a.day_from < b.day_to and a.day_to > b.day_from
        and a.context_from < b.context_to and a.context_to > b.context_from
