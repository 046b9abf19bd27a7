-- Updates one booking, in the transaction that updated its course's row.
INSERT INTO bookings (course_id, session, site, stage, starts_at, ends_at, is_here, is_off, room, staff, "group")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (course_id, session) DO UPDATE SET
    site = EXCLUDED.site,
    stage = EXCLUDED.stage,
    starts_at = EXCLUDED.starts_at,
    ends_at = EXCLUDED.ends_at,
    is_here = EXCLUDED.is_here,
    is_off = EXCLUDED.is_off,
    room = EXCLUDED.room,
    staff = EXCLUDED.staff,
    "group" = EXCLUDED."group"
