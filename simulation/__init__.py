"""A clinic that does not exist: seeded patients, their bodies and their staff, who drive Kapstan as real ones would."""
