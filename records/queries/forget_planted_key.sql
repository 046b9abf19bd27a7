-- Takes away this key of a course if nobody of the clinic made it; whether it did.
SELECT forget_planted_key($1, $2, $3)
