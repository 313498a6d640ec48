"""Measures readers: suites of cases, metrics, arms to compare, and the runner that sets them side by side."""
