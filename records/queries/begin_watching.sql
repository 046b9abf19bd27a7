-- Makes whoever asks the one that watches, until its connection ends; false while another one is.
SELECT pg_try_advisory_lock(hashtextextended('kapstan.watch', 0))
