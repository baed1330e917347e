"""Rollouts: of a finite MDP, of a Gymnasium environment."""
