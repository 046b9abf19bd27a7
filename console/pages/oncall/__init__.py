"""The on-call work: who is on call, escalations, the page behind a page."""
