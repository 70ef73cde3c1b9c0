-- What providers themselves say that usage cost, from their cost reports, in one shape.
-- Grain: one row of a report (source, row_id), for the UTC dates of the months being built.
-- Guarantees: amounts are US dollars and never part of usage cost: they are there to reconcile it with.
select * from {{ ref('stg_openai_costs') }}
union all by name
select * from {{ ref('stg_anthropic_costs') }}
