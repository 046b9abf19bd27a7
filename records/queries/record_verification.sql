-- Records what a verification found.
INSERT INTO verifications (verified_at, courses, differing)
VALUES ($1, $2, $3)
ON CONFLICT (verified_at) DO NOTHING
