"""Benches: ratios measured side by side in one run. `python -m tools.bench --help` lists them."""
