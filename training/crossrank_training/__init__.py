"""Trains, measures and exports Crossrank's embedded model: a small English and Chinese cross-encoder."""
