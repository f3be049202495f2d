"""What the tasks of the data are called in a request's reading."""

from collections.abc import Mapping
from typing import Final

_OTHERS: Final = "chat"
_WORDS: Final[Mapping[str, str]] = {
    "code": "code human_eval mbpp code-reasoning high_school_computer_science college_computer_science",
    "math": "math math-hard gsm8k agentverse-mgsm elementary_mathematics high_school_mathematics"
    " college_mathematics abstract_algebra high_school_statistics",
    "reasoning": "reasoning agentverse-logicgrid formal_logic",
    "creative": "creative commongen",
    "translation": "translation",
    "summarisation": "summarisation",
    "extraction": "extraction",
    "classification": "classification",
}
_WORD: Final = {task: word for word, tasks in _WORDS.items() for task in tasks.split()}


def task_word(task: str) -> str:
    """The word for a task of the data; questions of knowledge are chat like any other."""
    return _WORD.get(task.rpartition("/")[2], _OTHERS)
