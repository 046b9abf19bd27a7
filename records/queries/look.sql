-- Stores the watchdog's tick, and since when ticks have come without a break.
INSERT INTO watch_looks (looked_at, watching_since)
VALUES ($1, $2)
ON CONFLICT (one) DO UPDATE SET
    looked_at = EXCLUDED.looked_at,
    watching_since = EXCLUDED.watching_since
