"""What a clinic reports: the model of each clinic event, and how one is read from what arrived."""
