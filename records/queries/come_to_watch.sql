-- Says until the connection ends that a process which does nothing else is there to watch.
SELECT pg_advisory_lock_shared(hashtextextended('kapstan.watch.own', 0))
