-- Takes the watchdog lock until the connection ends; false while another connection holds it.
SELECT pg_try_advisory_lock(hashtextextended('kapstan.watch', 0))
