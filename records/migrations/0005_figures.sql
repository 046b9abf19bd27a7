-- What each course comes to in numbers, as of its newest recorded entry, and how soon an escalation was answered.

CREATE TABLE course_figures (
    course_id            text    NOT NULL,
    sessions             integer NOT NULL,
    checkpoints_met      integer NOT NULL,
    checkpoints_late     integer NOT NULL,
    checkpoints_missed   integer NOT NULL,
    integrations_in_time integer NOT NULL,
    integrations_late    integer NOT NULL,
    integrations_owed    integer NOT NULL,

    CONSTRAINT course_figures_one_row_a_course PRIMARY KEY (course_id),
    CONSTRAINT course_figures_of_a_course FOREIGN KEY (course_id) REFERENCES courses (course_id)
);

CREATE TABLE course_measures (
    course_id    text             NOT NULL,
    instrument   text             NOT NULL,
    baseline     double precision NOT NULL,
    latest       double precision NOT NULL,
    is_response  boolean,
    is_remission boolean,

    CONSTRAINT course_measures_one_row_an_instrument PRIMARY KEY (course_id, instrument),
    CONSTRAINT course_measures_of_a_course FOREIGN KEY (course_id) REFERENCES courses (course_id)
);

-- The first answer; acknowledged_at is empty again when the promise was not kept.
ALTER TABLE escalations ADD COLUMN first_acknowledged_at timestamptz;
