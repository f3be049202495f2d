"""What may be written of how answers are compared, so that a promise stays true."""

from typing import Annotated

from pydantic import Field

from routergate.config.part import Part
from routergate.config.scalars import Count, Dollars, Name, Pattern, Probability, Seconds
from routergate.domain.budget import Window
from routergate.quality.plan import Exact
from routergate.quality.rules import Rules
from routergate.quality.sampling import Sampling

RULES, SAMPLING = Rules(threshold=1.0), Sampling()
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Error = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=10**9)]


class Labels(Part):
    """How a judge agreed with people on the same answers; without labels, its verdicts move nothing."""

    good: Count
    """Answers that people called good."""
    good_called_good: Number
    """Those of them that the judge called so."""
    bad: Count
    """Answers that people called bad."""
    bad_called_bad: Number
    """Those of them that the judge called so."""


class Judge(Part):
    """A model that compares two answers."""

    model: Name = Field(examples=["gpt-4o"])
    """Which one."""
    rubric: dict[Name, str] = Field(
        default_factory=dict, examples=[{"default": "Correct and complete.", "code": "It runs."}]
    )
    """What makes an answer better, by task; `default` is for all others."""
    labels: Labels | None = None
    """How often it errs, by people's labels."""


class Allowance(Part):
    """What comparisons may cost."""

    usd: Dollars = Field(examples=[20])
    """The most money, for each organisation."""
    window: Window = Field(examples=["day"])
    """When counting starts anew."""


class Shadow(Part):
    """Compare some answers with another model's, after they have been given."""

    share: Share = SAMPLING.share
    """Of requests to a model whose quality is known well; more are compared where little is known."""
    most: Share = SAMPLING.most
    """Of requests to a model of which nothing is known, or that is watched."""
    against: Name | None = Field(default=None, examples=["gpt-4o"])
    """The model whose answers are the measure; default: the baseline."""
    judge: Judge | None = None
    """A model that compares; in its place, a `check`."""
    check: Exact | None = None
    """A comparison that does not err."""
    pattern: Pattern | None = Field(default=None, examples=["(?i)invoice number: \\d+"])
    """What a good answer has somewhere, for the check `regex`."""
    budget: Allowance
    """What the other answers and the judge may cost."""
    dry_run: bool = False
    """Only tell how models stand, and move no traffic."""
    false_alarms: Error = RULES.alpha
    """How probable it is, at most, that a model which is good enough is ever demoted."""
    false_returns: Error = RULES.beta
    """How probable it is, at most, that one which is not comes back after one time of probing."""
    slack: Probability = RULES.slack
    """How far below the threshold a model may be that comes back."""
    least: Count = RULES.least
    """Comparisons without which nothing moves."""
    probes: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = RULES.probes
    """The share of requests that may go to a model that is probed."""
    patience: Seconds = RULES.patience
    """Seconds for which a demoted model may show that it is good after all."""
    rest: Seconds = RULES.rest
    """Seconds that a first quarantine lasts; each one in a row is twice as long, up to a day."""
