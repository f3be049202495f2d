"""LiteLLM's routers, run from its installed package, as scores of a prompt."""

from collections.abc import Callable, Mapping
from functools import cache
from os import environ
from unittest.mock import MagicMock

Score = Callable[[str], float]


@cache
def peers() -> Mapping[str, Score]:
    """Each of its routers by name."""
    environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    from litellm.router_strategy.adaptive_router.classifier import classify_prompt
    from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter
    from litellm.router_strategy.complexity_router.tier_predictor import (
        TierSuccessPredictor,
        resolve_tier_artifact,
    )

    router = ComplexityRouter(
        model_name="auto", litellm_router_instance=MagicMock(), complexity_router_config={}
    )
    predictor = TierSuccessPredictor(resolve_tier_artifact("ultrafeedback"))

    def gain(prompt: str) -> float:
        found = predictor.predict(prompt, classify_prompt(prompt)).probabilities
        return found[4] - found[1]

    def difficulty(prompt: str) -> float:
        return -predictor.predict(prompt, classify_prompt(prompt)).probabilities[1]

    return {
        "LiteLLM complexity router": lambda prompt: float(router.classify(prompt)[1]),
        "LiteLLM heuristic_v2, gain": gain,
        "LiteLLM heuristic_v2, difficulty": difficulty,
    }
