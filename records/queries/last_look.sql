-- The watchdog's last tick, and since when ticks have come without a break; no row if there was none.
SELECT looked_at, watching_since
FROM watch_looks
