"""The trained estimator: what a request is, and how well each model would answer it."""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from routergate.classify.ability import Abilities, Odds, Sight
from routergate.classify.artifact import Artifact, builtin
from routergate.classify.excerpt import question
from routergate.classify.grams import grams
from routergate.classify.language import language
from routergate.classify.latent import latent
from routergate.classify.names import canonical, index
from routergate.classify.own import alike, tagged
from routergate.classify.prior import declared, log_odds, prior
from routergate.classify.spot import Found, most, spot
from routergate.classify.tasks import task_word
from routergate.classify.trouble import STEP, trouble
from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.model import ModelCard, TaskId
from routergate.domain.request import ChatRequest, Features, Level, Message, Reading
from routergate.ports import Estimator

FEW = 12
"""Words below which a request with tools or the like is about those."""
SURE = 0.7
"""Share of the trained tasks that a word must have to name a request that no word of the lexicon names."""
SLOPE = 1.5
"""How much of an average model's change from text to text a model without outcomes follows."""


class TrainedEstimator:
    """An artifact at work. It keeps nothing of what it reads.

    `remembers`: its readings say whose they are, so that the ledger may have their numbers.
    """

    def __init__(self, artifact: Artifact, *, remembers: bool = False) -> None:
        self.artifact = artifact
        self._abilities = Abilities(artifact)
        self._known: Mapping[str, tuple[int, ...]] = index(artifact.models)
        self._residual = artifact.calibration[1]
        self._usual = float(artifact.panel[-1])
        self._reads_as = artifact.reading if remembers else ""
        words = [task_word(task) for task in artifact.tasks]
        self._words = sorted(set(words))
        self._worded = np.array([[one == word for word in self._words] for one in words], np.float64)
        self._blank = self._abilities.sight(np.zeros(artifact.ability.shape[1], np.float32))
        self._last: tuple[tuple[float, ...], Sight] = (), self._blank

    @classmethod
    @cache
    def builtin(cls, *, remembers: bool = False) -> "TrainedEstimator":
        """The one that ships with the package; read once per process."""
        return cls(builtin(), remembers=remembers)

    def read(self, request: ChatRequest, catalogue: Catalogue, feature: str | None) -> Reading:
        """What the last question says; the text itself is not kept."""
        ask = question(request.messages)
        found = grams(ask)
        latents, seen = latent(self.artifact, ask, found), spot(found.words)
        sight, numbers = self._abilities.sight(latents), tuple(latents.tolist())
        self._last = numbers, sight
        own = tagged(catalogue.tasks.values(), feature) or alike(
            self.artifact, catalogue.tasks.values(), found, latents
        )
        signs = trouble(request.messages)
        complexity = _probability(_set_back(signs) - self._abilities.panel(sight))
        return Reading(
            task=own or self._task(ask, seen, sight, bool(request.needs) and len(found.words) < FEW),
            domain=most(seen["domain"], "general"),
            language=language(ask, seen["language"]),
            complexity=complexity,
            level=self.level(complexity),
            trouble=signs,
            latent=numbers,
            estimator=self._reads_as,
        )

    def quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        """By the outcomes of a model where there are some, else by what its card says."""
        reading = features.reading
        sight, less = self._sight(reading), _set_back(reading.trouble)
        known = self._abilities.odds(sight, [self._models(card) for card in cards])
        return [
            _estimate(self._odds(found, reading, card), less)
            for card, found in zip(cards, known, strict=True)
        ]

    def moved(self, features: Features, card: ModelCard) -> Mapping[str, float]:
        """By the model's own outcomes where there are some, else by how hard an average one finds it."""
        reading = features.reading
        spoilt = {"conversation": -_set_back(reading.trouble)} if reading.trouble else {}
        return {**self._moved_by_text(reading, card), **spoilt}

    def score(self, messages: Sequence[Message], models: Sequence[str]) -> Sequence[Estimate]:
        """The same for models of the data, by their names there; one that is not in it counts as average."""
        ask = question(messages)
        sight = self._abilities.sight(latent(self.artifact, ask, grams(ask)))
        known = self._abilities.odds(sight, [self._by_name(model) for model in models])
        return [_estimate(found or self._average(sight)) for found in known]

    def level(self, complexity: float) -> Level:
        """Complexity in a word."""
        passed = sum(complexity >= bound for bound in self.artifact.levels)
        return tuple(Level)[passed]

    def _task(self, ask: str, seen: Found, sight: Sight, few_words: bool) -> TaskId:
        """By the lexicon's words, else by what the training has met; `few_words` only set tools to work."""
        counts = {**seen["task"], "code": seen["task"].get("code", 0) + 2} if "```" in ask else seen["task"]
        named = most(counts, "tools" if few_words else "")
        return TaskId(named or self._likely(sight))

    def _sight(self, reading: Reading) -> Sight:
        """Of a text that was read; of one that was not, that of an average text.

        Quality is mostly asked of what was read last.
        """
        numbers, sight = self._last
        if numbers is reading.latent:
            return sight
        return self._abilities.sight(np.array(reading.latent, np.float32)) if reading.latent else self._blank

    def _by_name(self, name: str) -> tuple[int, ...]:
        return self._known.get(name) or self._known.get(canonical(name)) or ()

    def _models(self, card: ModelCard) -> tuple[int, ...]:
        """Where a model stands in the data, by the provider's name for it or by the operator's."""
        return self._by_name(card.upstream) or self._by_name(card.id)

    def _moved_by_text(self, reading: Reading, card: ModelCard) -> Mapping[str, float]:
        if reading.task in card.serves:
            return {}
        if models := self._models(card):
            return self._abilities.moved(self._sight(reading), models)
        return {"difficulty": self._change(None, reading, card)}

    def _odds(self, found: Odds | None, reading: Reading, card: ModelCard) -> Odds:
        """What the outcomes say; where the card says how good the model is, moved to there."""
        task = reading.task
        if found is not None and declared(card, task) is None and task not in card.serves:
            return found
        mean, stderr = prior(card, task)
        widened = math.hypot(stderr / max(mean * (1 - mean), 0.01), self._residual)
        return Odds(log_odds(mean) + self._change(found, reading, card), widened)

    def _change(self, found: Odds | None, reading: Reading, card: ModelCard) -> float:
        """How much easier or harder than usual the request is for a model, in log-odds.

        Nothing for a specialist on its task: what is hard for others is what it was made for.
        """
        if reading.task in card.serves:
            return 0.0
        if found is not None:
            return found.mean - self._abilities.level(self._models(card))
        return SLOPE * (log_odds(1 - reading.complexity) - self._usual)

    def _average(self, sight: Sight) -> Odds:
        """A model of which nothing is known but that it is one."""
        spread = float(self.artifact.bias.std()) if len(self.artifact.bias) else 1.0
        return Odds(self._abilities.panel(sight), math.hypot(spread, self._residual))

    def _likely(self, sight: Sight) -> str:
        """The word for the trained tasks that are most likely, if they are likely enough."""
        shares = (sight.shares @ self._worded).tolist()
        best = max(shares)
        return self._words[shares.index(best)] if best >= SURE else "chat"


def _set_back(signs: Sequence[str]) -> float:
    """Log-odds that a conversation takes from every model, because it has gone wrong."""
    return STEP * len(signs)


def _estimate(odds: Odds, less: float = 0.0) -> Estimate:
    """Log-odds and their error as a probability and its error."""
    mean = _probability(odds.mean - less)
    return Estimate(mean=mean, stderr=mean * (1 - mean) * odds.error)


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


_: type[Estimator] = TrainedEstimator
