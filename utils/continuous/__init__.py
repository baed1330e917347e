"""Policies on the line, a problem of one step, the linear quadratic regulator."""
