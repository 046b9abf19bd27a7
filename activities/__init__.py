"""What Kapstan does outside itself: waking people, and keeping the record."""
