-- Nobody is charged twice for the same.
select month, cost_centre, department, kind, shared_id
from {{ ref('monthly_allocation') }}
group by month, cost_centre, department, kind, shared_id
having count(*) > 1
