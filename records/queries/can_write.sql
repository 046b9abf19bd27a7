-- Whether the server takes writes, and this role may write.
SELECT NOT pg_is_in_recovery()
    AND current_setting('transaction_read_only') = 'off'
    AND has_table_privilege('course_reads', 'INSERT')
    AND has_table_privilege('watch_looks', 'INSERT')
    AND has_table_privilege('watch_looks', 'UPDATE')
    AND has_table_privilege('escalations', 'INSERT')
    AND has_table_privilege('escalations', 'UPDATE')
