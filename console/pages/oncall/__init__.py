"""Pages for on-call work: who is on call, escalations, and the page that a paging link opens."""
