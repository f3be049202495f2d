"""Settings for all tests."""

from hypothesis import settings

# Machines are shared and slow at times: an example may take as long as it takes.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
