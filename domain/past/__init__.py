"""A course as it stood at an earlier moment, told from its ledger: as was known then, or as is known today."""
