"""Recording what happened: forms made from the models of the clinic events."""
