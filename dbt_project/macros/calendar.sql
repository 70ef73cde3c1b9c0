{# The organisation's clock. CASE over the few changes of its offset and not a join: a join by a range compares each event
   with every row, and costs more than all the tables of the organisation together. #}

{# The local time of a UTC instant, which is a column. The offsets are those of the days that are built. #}
{% macro local_time(instant) %}
    {%- set spans = var('utc_offsets') -%}
    {%- set whens = [] -%}
    {%- for span in spans[:-1] -%}
        {% do whens.append('when ' ~ instant ~ ' < timestamp ' ~ quoted(span['to_at']) ~ ' then ' ~ span['seconds']) %}
    {%- endfor -%}
    {%- set last = spans[-1]['seconds'] if spans else 0 -%}
    {%- set seconds = 'case ' ~ whens | join(' ') ~ ' else ' ~ last ~ ' end' if whens else last -%}
    {{- return(instant ~ ' + to_seconds(' ~ seconds ~ ')') -}}
{% endmacro %}
