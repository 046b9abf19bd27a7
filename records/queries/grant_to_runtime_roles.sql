-- What the workers' role and the console's may do, where they exist: this and no more, whatever was granted before.
DO $$
DECLARE
    schema  text := current_schema();
    worker  text := (SELECT rolname FROM pg_roles WHERE rolname = 'kapstan_worker');
    console text := (SELECT rolname FROM pg_roles WHERE rolname = 'kapstan_console');
    runtime text;
BEGIN
    -- The owner's alone: the schema and its triggers, what stands in the ledger, and who has a token.
    FOREACH runtime IN ARRAY array_remove(ARRAY[worker, console], NULL) LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', schema, runtime);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', schema, runtime);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM %I', schema, runtime);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema, runtime);
        EXECUTE format(
            'GRANT SELECT ON schema_migrations, ledger, courses, course_cards, course_summaries, course_figures,'
            ' course_measures, bookings, escalations, escalation_views, escalation_pages, watch_incidents, watch_looks,'
            ' watch_silences, verifications, ended_courses, course_keys TO %I', runtime);
        -- What `kapstan verify` recomputes, whoever runs it: the audit and its chains, and the tokens, as hashes.
        EXECUTE format(
            'GRANT SELECT ON audit_heads, course_reads, administration, failed_sign_ins, sign_ins, tokens TO %I', runtime);
        -- Whoever writes a list numbers the change, and a watcher reads how far the numbers are.
        EXECUTE format('GRANT SELECT, USAGE ON SEQUENCE changes TO %I', runtime);
        -- Whoever writes of a course first makes its key; neither changes or erases any.
        EXECUTE format('GRANT INSERT (course_id, key_id, wrapped) ON course_keys TO %I', runtime);
        -- One that nobody of the clinic made, and under which nothing stands, PostgreSQL takes away for whoever asks.
        EXECUTE format('GRANT EXECUTE ON FUNCTION forget_planted_key(text, bytea, boolean) TO %I', runtime);
        -- What a verification found.
        EXECUTE format('GRANT INSERT ON verifications TO %I', runtime);
        -- Escalations as their workflows tell them, and those of the watch.
        EXECUTE format('GRANT INSERT, UPDATE ON escalations TO %I', runtime);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON escalation_pages TO %I', runtime);
    END LOOP;
    IF worker IS NOT NULL THEN
        EXECUTE format('GRANT INSERT ON ledger TO %I', worker);
        EXECUTE format(
            'GRANT INSERT, UPDATE ON courses, course_figures, course_measures, bookings, ended_courses TO %I', worker);
        EXECUTE format('GRANT DELETE ON course_measures TO %I', worker);
        -- An alarm of the watch is acknowledged by a command in a worker's container too.
        EXECUTE format('GRANT UPDATE ON watch_incidents TO %I', worker);
        -- So is what such a command read or did put on the record.
        EXECUTE format('GRANT INSERT ON course_reads, administration TO %I', worker);
    END IF;
    IF console IS NOT NULL THEN
        EXECUTE format('GRANT INSERT ON course_reads, administration, failed_sign_ins TO %I', console);
        EXECUTE format('GRANT INSERT, UPDATE (used_at, ended_at) ON sign_ins TO %I', console);
        EXECUTE format('GRANT UPDATE (last_used_at) ON tokens TO %I', console);
        EXECUTE format('GRANT INSERT, UPDATE ON watch_incidents, watch_looks TO %I', console);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON watch_silences TO %I', console);
    END IF;
END
$$
