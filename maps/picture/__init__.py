"""The map as a picture for documents, drawn by matplotlib with the colours and the legend of the page."""
