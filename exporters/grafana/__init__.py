"""Grafana dashboards: the JSON that Grafana loads, and the code that writes it (``build``).

The code needs grafana-foundation-sdk, a development dependency; nothing that runs at users' imports it.
"""
