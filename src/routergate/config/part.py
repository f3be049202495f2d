"""The base of everything that may be written."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Part(BaseModel):
    """A mapping in the file. The docstrings of its fields are the reference that users read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def without_empty_keys(cls, written: Any) -> Any:
        """A known key without a value is as if it were not there; unknown ones stay, to be told of."""
        if written is None:
            return {}
        if not isinstance(written, dict):
            return written
        known = cls.known_keys()
        return {key: value for key, value in written.items() if value is not None or key not in known}

    @classmethod
    def known_keys(cls) -> frozenset[str]:
        """The keys that may be written."""
        return frozenset(field.alias or name for name, field in cls.model_fields.items())
