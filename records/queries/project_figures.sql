-- Updates a course's figures, in the transaction that updated its row.
INSERT INTO course_figures (
    course_id, sessions, checkpoints_met, checkpoints_late, checkpoints_missed, integrations_in_time, integrations_late,
    integrations_owed
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (course_id) DO UPDATE SET
    sessions = EXCLUDED.sessions,
    checkpoints_met = EXCLUDED.checkpoints_met,
    checkpoints_late = EXCLUDED.checkpoints_late,
    checkpoints_missed = EXCLUDED.checkpoints_missed,
    integrations_in_time = EXCLUDED.integrations_in_time,
    integrations_late = EXCLUDED.integrations_late,
    integrations_owed = EXCLUDED.integrations_owed
