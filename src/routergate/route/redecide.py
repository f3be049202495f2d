"""A request that was decided once, decided again: under another policy, with other prices or other models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from routergate.domain.asset import FREE, Loaded
from routergate.domain.decision import (
    Arm,
    Candidate,
    Catalogue,
    Decision,
    Estimate,
    RoutePolicy,
    Why,
)
from routergate.domain.errors import NoEligibleModel
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId
from routergate.domain.request import Features
from routergate.route.decide import OutputTokens, Quality, World, decide, relative
from routergate.route.filters import Conditions

PASSED = frozenset({Why.FORBIDDEN, Why.FAILING, Why.SLOW, Why.QUALITY, Why.BUDGET})
"""Reasons that were of their moment, and are believed; the others are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What is supposed to be otherwise."""

    catalogue: Catalogue
    on: date
    """The day whose rate cards are in force."""
    quality: Quality
    """Of models that were not thought of at the time."""
    output_tokens: OutputTokens
    """As well."""
    threshold: float | None = None
    """In place of the policy's."""


def redecide(remembered: Decision, policy: RoutePolicy, supposed: Supposed) -> Decision:
    """What production decides, told the estimates of the time; raises as `decide` does.

    Nothing is failing or slow now but what was then.
    """
    past = _Past(remembered, {one.card.id: one for one in remembered.candidates}, supposed)
    gone = {one.model for one in remembered.rejected if one.why in PASSED}
    left = tuple(model for model in policy.candidates if model not in gone)
    if not left:
        raise NoEligibleModel(f"No model of '{policy.id}' could serve this request at the time.")
    again = decide(
        remembered.id,
        replace(policy, candidates=left, holdout=policy.holdout if policy.baseline in left else 0.0),
        remembered.features,
        Wishes(quality=supposed.threshold),
        Conditions(),
        past.world(),
    )
    return replace(again, reference=_product(remembered.reference, again.reference))


def _product(reference: float | None, share: float | None) -> float | None:
    """The quality of a baseline that is known as a share of the one before it."""
    return share if reference is None or share is None else reference * share


@dataclass(frozen=True, slots=True)
class _Past:
    """What was known of each model then; of others, what is supposed."""

    decision: Decision
    known: Mapping[ModelId, Candidate]
    supposed: Supposed

    def world(self) -> World:
        assigned = self.decision.assignment
        return World(
            catalogue=self.supposed.catalogue,
            quality=self._quality,
            output_tokens=self._output_tokens,
            on=self.supposed.on,
            share=self._share,
            warm=lambda model: self.known[model].cached_tokens if model in self.known else 0,
            draw=0.0 if assigned and assigned.arm is Arm.BASELINE else 1.0,
        )

    def _quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        return [self._estimate(features, card) for card in cards]

    def _estimate(self, features: Features, card: ModelCard) -> Estimate:
        """A share of the baseline's, as it was written down; the baseline's own is 1 by that measure."""
        if self.decision.baseline is not None and card.id == self.decision.baseline.id:
            return Estimate(mean=1.0, stderr=0.0)
        if card.id in self.known:
            return self.known[card.id].quality
        [estimate] = self.supposed.quality(features, [card])
        return relative(estimate, self.decision.reference)

    def _output_tokens(self, model: str, task: str) -> int:
        found = self.known.get(ModelId(model))
        return self.supposed.output_tokens(model, task) if found is None else found.output_tokens

    def _share(self, card: ModelCard) -> Loaded | None:
        return self.known[card.id].share if card.id in self.known else FREE
