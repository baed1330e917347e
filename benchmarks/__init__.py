"""Side-by-side ratios of the engine against its alternatives. Run ``python -m benchmarks``."""
