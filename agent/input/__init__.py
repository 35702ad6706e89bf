"""Reads what people write: phusong.yaml, its secrets and the CSV files of the inventory, every problem at once."""
