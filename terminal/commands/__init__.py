"""The commands of `kapstan` that speak to what runs already, by what they are about."""
