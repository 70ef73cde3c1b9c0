{# What the settings make of a source's events: whose account they are, whether they count, which source they mirror.
   CASE over the settings' few rules and not a join: a row costs next to nothing, and nothing where there are none. #}

{# The source whose events these are too: its own name, unless it mirrors another. #}
{% macro mirror_root(source) %}
    {%- set whens = [] -%}
    {%- for name, mirror in var('mirrors').items() -%}
        {% do whens.append('when ' ~ quoted(name) ~ ' then ' ~ quoted(mirror['root'])) %}
    {%- endfor -%}
    {{- return('case ' ~ source ~ ' ' ~ whens | join(' ') ~ ' else ' ~ source ~ ' end' if whens else source) -}}
{% endmacro %}

{# How far a source is from the original; the smaller wins. #}
{% macro mirror_steps(source) %}
    {%- set whens = [] -%}
    {%- for name, mirror in var('mirrors').items() -%}
        {% do whens.append('when ' ~ quoted(name) ~ ' then ' ~ mirror['steps']) %}
    {%- endfor -%}
    {{- return('case ' ~ source ~ ' ' ~ whens | join(' ') ~ ' else 0 end' if whens else 'cast(0 as integer)') -}}
{% endmacro %}

{# The event's own account, else its source's. #}
{% macro account_of(relation) %}
    {%- set whens = [] -%}
    {%- for name, account in var('source_accounts').items() -%}
        {% do whens.append('when ' ~ quoted(name) ~ ' then ' ~ quoted(account)) %}
    {%- endfor -%}
    {%- set own = 'nullif(' ~ relation ~ ".provider_account, '')" -%}
    {{- return(
        'coalesce(' ~ own ~ ', case ' ~ relation ~ '.source ' ~ whens | join(' ') ~ ' end)' if whens else own
    ) -}}
{% endmacro %}

{# usage or control: the first rule of the event's source that fits its account, its key and its day. #}
{% macro source_role(relation, account, day) %}
    {%- set whens = [] -%}
    {%- for rule in var('source_roles') -%}
        {%- set parts = [relation ~ '.source = ' ~ quoted(rule['source'])] -%}
        {%- if rule['account'] is not none %}{% do parts.append(account ~ ' = ' ~ quoted(rule['account'])) %}{% endif -%}
        {%- if rule['api_keys'] -%}
            {%- set keys = [] -%}
            {%- for key in rule['api_keys'] %}{% do keys.append(quoted(key)) %}{% endfor -%}
            {% do parts.append(relation ~ '.api_key in (' ~ keys | join(', ') ~ ')') %}
        {%- endif -%}
        {%- if rule['from'] is not none %}{% do parts.append(day ~ ' >= date ' ~ quoted(rule['from'])) %}{% endif -%}
        {%- if rule['to'] is not none %}{% do parts.append(day ~ ' < date ' ~ quoted(rule['to'])) %}{% endif -%}
        {% do whens.append('when ' ~ parts | join(' and ') ~ ' then ' ~ quoted(rule['role'])) %}
    {%- endfor -%}
    {{- return('case ' ~ whens | join(' ') ~ " else 'usage' end" if whens else "cast('usage' as varchar)") -}}
{% endmacro %}
