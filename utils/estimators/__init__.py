"""The forms of the gradient estimator, right and broken, and how they compare."""
