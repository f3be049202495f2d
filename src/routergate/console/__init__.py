"""The web page for operators, as it is served; its sources are in `console/`."""
