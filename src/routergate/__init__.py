"""An OpenAI-compatible gateway: the cheapest model that is good enough, and what it really cost."""

__version__ = "0.1.0"
