"""Simulated patients: who they are, how their bodies respond to a dose, how they answer questionnaires."""
