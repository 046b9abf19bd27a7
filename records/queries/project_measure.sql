-- Updates one instrument's newest score and baseline in a course's figures.
INSERT INTO course_measures (course_id, instrument, baseline, latest, is_response, is_remission, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (course_id, instrument) DO UPDATE SET
    baseline = EXCLUDED.baseline,
    latest = EXCLUDED.latest,
    is_response = EXCLUDED.is_response,
    is_remission = EXCLUDED.is_remission,
    sealed = EXCLUDED.sealed
