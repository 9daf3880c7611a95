"""Measurements of the pipeline on one corpus: how exact, how fast, how much memory."""
