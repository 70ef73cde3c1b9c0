-- Credits by day: what was used up, and how high levels rose.
-- Grain: usage_date × source × workspace × department × feature × channel × credit_type × credit_measure, only days
-- with credits. Guarantees: a flow (queries, minutes) is the exact sum of its statements; a level (concurrent calls,
-- numbers, seats) is the highest one stated. A level is a peak of its own row: two rows' levels do not add up, since
-- their peaks need not have been at one time.
select
    usage_date,
    {{ credit_dimensions() | join(', ') }},
    {{ credit_total('credit_quantity') }} as quantity,
    count(*) as events
from {{ ref('int_credits') }}
group by usage_date, {{ credit_dimensions() | join(', ') }}
