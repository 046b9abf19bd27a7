-- When whoever watches last looked, and since when there was a watch without a break; nothing where nobody ever did.
SELECT looked_at, watching_since
FROM watch_looks
