-- Finds a course whose stage Kapstan does not know at once: its patient may be here, and is named among those who are.

CREATE INDEX courses_of_no_stage ON courses (course_id)
    WHERE stage <> ALL ('{booked,checked_in,cleared,dosed,recovering,discharged,canceled,missed,aborted}'::text[]);
