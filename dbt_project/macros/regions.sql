{# Where a model ran, as far as it changes a price (orchestration/prices/regions.py). #}

{# The region that a provider's host says: OpenAI's data residency hosts, and those of Vertex AI. NULL for any other. #}
{% macro region_of_host(address) %}
    {%- set hosts = [
        '([a-z]{2})[.]api[.]openai[.]com', '([a-z]+-[a-z]+[0-9]+)-aiplatform[.]googleapis[.]com',
        'aiplatform[.]([a-z]+)[.]rep[.]googleapis[.]com',
    ] -%}
    {%- set found = [] -%}
    {%- for host in hosts %}{% do found.append(matched(address, '^(?:https?://)?' ~ host ~ '(?:[:/]|$)')) %}{% endfor -%}
    {{- return('coalesce(' ~ found | join(', ') ~ ')') -}}
{% endmacro %}

{# The region in small letters; '' where a source names none, or says that there was none in particular. Most events
   name none, and for them nothing is compared. #}
{% macro ran_in(region) %}
    {{- return(
        'case when ' ~ region ~ " is null then '' when lower(" ~ region
        ~ ") in ('global', 'not_available') then '' else lower(" ~ region ~ ') end'
    ) -}}
{% endmacro %}

{# The share of its tokens' cost that an event costs more where it ran; NULL where the price names no premium for it. #}
{% macro premium_share() %}
    {{- return("case when ran_in <> '' and band_premium_region in ('any', ran_in) then band_region_premium end") -}}
{% endmacro %}
