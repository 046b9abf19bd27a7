"""Forms made from the models of the clinic events: what a model asks for is asked, and nothing else."""
