-- A row of a provider's cost report counts once, in the newest answer for its day.
select
    source,
    row_id
from {{ ref('daily_provider_costs') }}
group by source, row_id
having count(*) > 1
