"""Who may do what, how often, and who looked: tokens and cookies, sites, rates, the record of reads."""
