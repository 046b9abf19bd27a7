-- Whether this server keeps what it is told: it is no standby, and nobody has made it read-only.
SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
