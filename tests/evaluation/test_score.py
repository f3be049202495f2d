import json

from routergate.evaluation.outcomes import Questions
from routergate.evaluation.score import scores
from support.quizzes import Guess, an_outcome


def test_every_prompt_has_a_line_with_every_model() -> None:
    asked = an_outcome("law 1 0.25", {}), an_outcome("law 2 0.75", {"mini": 1}, line=2)
    lines = scores(Questions(models=("mini", "large"), asked=asked), Guess(stderr=0.125))
    assert [json.loads(line) for line in lines] == [
        {"id": "q/1", "quality": {"mini": 0.25, "large": 0.9}, "stderr": {"mini": 0.125, "large": 0.125}},
        {"id": "q/2", "quality": {"mini": 0.75, "large": 0.9}, "stderr": {"mini": 0.125, "large": 0.125}},
    ]
