-- What the independent watch goes by: when each course and escalation moves by itself, what it has raised, when it looked.

-- The session whose dosed patient has not been discharged, and when the course moves by itself if nobody acts before.
-- Empty until the course's next entry.
ALTER TABLE courses ADD COLUMN monitored_session integer;
ALTER TABLE courses ADD COLUMN next_passes_at timestamptz;

CREATE INDEX courses_monitored ON courses (course_id) WHERE monitored_session IS NOT NULL;

-- When the escalation moves by itself: its next page, or the end of a promise.
ALTER TABLE escalations ADD COLUMN moves_at timestamptz;

-- The alarms that the watch raised by itself: the ladder of each, and its pages that are on their way. No addresses.
CREATE TABLE watch_incidents (
    escalation_id text NOT NULL,
    incident      json NOT NULL,

    CONSTRAINT watch_incidents_one_row_an_alarm PRIMARY KEY (escalation_id),
    CONSTRAINT watch_incidents_of_an_escalation FOREIGN KEY (escalation_id) REFERENCES escalations (id)
);

CREATE INDEX escalations_of_the_watch ON escalations (course_id, session, opened_at) WHERE kind = 'orchestrator_silent';

-- The last look of whoever watches, and since when there was one without a break; one row.
CREATE TABLE watch_looks (
    one            boolean     NOT NULL DEFAULT true,
    looked_at      timestamptz NOT NULL,
    watching_since timestamptz NOT NULL,

    CONSTRAINT watch_looks_is_one_row PRIMARY KEY (one),
    CONSTRAINT watch_looks_is_the_one_row CHECK (one)
);
