{# Joins a usage event, named `events`, with the rows of the organisation in force on its own day. #}
{% macro join_members() %}
    left join {{ source('reference', 'organisation') }} as users
        on
            users.member_type = 'user' and events.user_id = users.member
            and events.usage_date >= users.valid_from and events.usage_date < users.valid_to
    left join {{ source('reference', 'organisation') }} as keys
        on
            keys.member_type = 'api_key' and events.api_key = keys.member
            and events.usage_date >= keys.valid_from and events.usage_date < keys.valid_to
    left join {{ source('reference', 'organisation') }} as projects
        on
            projects.member_type = 'project' and events.project = projects.member
            and events.usage_date >= projects.valid_from and events.usage_date < projects.valid_to
    left join {{ source('reference', 'organisation') }} as teams
        on
            teams.member_type = 'team' and events.team = teams.member
            and events.usage_date >= teams.valid_from and events.usage_date < teams.valid_to
{% endmacro %}

{# Its department after those joins: its own, else its user's, key's, project's, team's; '' is untagged. #}
{% macro home_department() %}
    coalesce(nullif(events.department, ''), users.department, keys.department, projects.department, teams.department, '')
{% endmacro %}
