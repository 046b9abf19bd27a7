-- When each visit takes which room and which people, as of its course's newest recorded entry.
CREATE TABLE bookings (
    course_id text        NOT NULL,
    session   integer     NOT NULL,
    site      text        NOT NULL,
    stage     text        NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    is_here   boolean     NOT NULL,
    is_off    boolean     NOT NULL,
    room      text,
    staff     json        NOT NULL,
    "group"   text,
    id        text        GENERATED ALWAYS AS (course_id || '~' || session) STORED,

    CONSTRAINT bookings_one_row_a_session PRIMARY KEY (course_id, session),
    CONSTRAINT bookings_of_a_course FOREIGN KEY (course_id) REFERENCES courses (course_id)
);

CREATE INDEX bookings_by_time ON bookings (starts_at, ends_at);
CREATE INDEX bookings_by_group ON bookings ("group") WHERE "group" IS NOT NULL;
