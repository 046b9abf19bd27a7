"""Simulated patients: who they are, how their bodies answer a dose, how they answer questionnaires."""
