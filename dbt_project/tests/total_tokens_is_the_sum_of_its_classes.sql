-- The classes are disjoint and complete; none is negative.
select *
from {{ ref('daily_usage') }}
where total_tokens <> {{ token_classes() | join(' + ') }} or least({{ token_classes() | join(', ') }}) < 0
