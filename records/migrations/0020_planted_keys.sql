-- Takes away a course's key that nobody of the clinic made: whoever may add keys may add one for a course to come, which
-- would then never be recorded. Only where no entry of the course is encrypted with it, and where it cannot be opened by
-- the key that it names (is_refuted), or names one with which no other course's entries are encrypted. An erased one
-- stays. It runs as the schema's owner, for nobody else may change a key.
CREATE FUNCTION forget_planted_key(of_course text, planted bytea, is_refuted boolean)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM course_keys AS keys
    WHERE keys.course_id = of_course AND keys.wrapped = planted AND keys.erased_at IS NULL
        AND NOT EXISTS (SELECT FROM ledger WHERE ledger.course_id = of_course AND data ->> 'sealed' IS NOT NULL)
        AND (
            is_refuted
            OR NOT EXISTS (
                SELECT FROM course_keys AS others JOIN ledger ON ledger.course_id = others.course_id
                WHERE others.key_id = keys.key_id AND others.course_id <> of_course AND ledger.data ->> 'sealed' IS NOT NULL
            )
        );
    RETURN FOUND;
END
$$;

-- Nobody's table of the same name comes first, not even a temporary one.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION forget_planted_key(text, bytea, boolean) SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION forget_planted_key(text, bytea, boolean) FROM PUBLIC;
