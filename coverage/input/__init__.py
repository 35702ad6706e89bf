"""What comes in: boundaries, coverage layers, people and places, read strictly."""
