"""A simulated clinic: seeded patients, their bodies and the staff, who use Kapstan as a real clinic would."""
