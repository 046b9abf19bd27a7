-- One course's figures as recorded, with its measures by instrument.
SELECT
    course_id, sessions, checkpoints_met, checkpoints_late, checkpoints_missed, integrations_in_time, integrations_late,
    integrations_owed,
    (
        SELECT coalesce(json_agg(json_build_object(
            'instrument', instrument, 'baseline', baseline, 'latest', latest, 'is_response', is_response,
            'is_remission', is_remission, 'sealed', sealed
        ) ORDER BY instrument), '[]')
        FROM course_measures AS measure
        WHERE measure.course_id = course_figures.course_id
    ) AS measures
FROM course_figures
WHERE course_id = $1
