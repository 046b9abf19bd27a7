-- Facts are taken for ever: a patient may be dosed and watched in any phase, also after their course was closed.

CREATE INDEX courses_of_the_dosed ON courses (reading_due_at, course_id) WHERE dosed_at IS NOT NULL;
