"""Words that tell a task, a domain or an effort. A table, read in one pass over the text."""

from collections.abc import Mapping, Set
from typing import Final

TASKS: Final[Mapping[str, str]] = {
    "code": "python javascript typescript java rust golang sql bash kubernetes docker function bug compile compiler"
    " exception traceback stacktrace regex api endpoint algorithm refactor unittest pytest segfault html css react"
    " script código fonction funktion programm",
    "math": "integral derivative equation theorem prove proof matrix polynomial probability arithmetic algebra"
    " calculus geometry triangle sum percent fraction solve compute calculate berechne calcule calcula",
    "translation": "translate translation traduire traduis traduce traducir traduci übersetze übersetzen vertaal"
    " traduza",
    "summarisation": "summarize summarise summary tldr condense zusammenfassen zusammenfassung résume résumer resumen"
    " resume resumir riassumi",
    "extraction": "extract parse fields json csv table list-all entities extrahiere extraire extraer",
    "classification": "classify categorize categorise label sentiment category positive negative spam"
    " klassifiziere classer clasifica",
    "creative": "poem story haiku lyrics slogan novel limerick screenplay character plot gedicht geschichte poème"
    " histoire poema cuento",
    "reasoning": "why analyze analyse compare tradeoff tradeoffs evaluate critique diagnose strategy plan argue"
    " assess implications warum analysiere pourquoi porqué analiza",
}

DOMAINS: Final[Mapping[str, str]] = {
    "software": "python javascript java rust sql server database deploy api function code bug docker kubernetes",
    "legal": "contract clause liability indemnity nda lawsuit statute plaintiff gdpr vertrag contrat contrato",
    "medical": "patient diagnosis symptom symptoms dose clinical therapy disease tumour tumor blood",
    "finance": "revenue invoice interest portfolio stock bond tax ebitda loan budget dividend cashflow",
    "science": "quantum molecule enzyme thermodynamics entropy physics chemistry genome relativity orbital",
    "support": "refund order ticket shipping delivery subscription password account customer",
}

_EFFORT: Final[Mapping[float, str]] = {
    1.1: "prove proof derive theorem lemma rigorous counterexample asymptotic"
    " beweise beweisen beweis démontrer démontrez démontre prouver prouvez demuestra demostrar demuestre",
    0.8: "integral differential eigenvalue stochastic combinatorial topology bayesian",
    0.7: "optimize optimise architecture distributed concurrency deadlock consistency invariant invariants"
    " race causal hypothesis bijection convergence",
    0.55: "analyze analyse diagnose evaluate critique tradeoff tradeoffs assess liability probability"
    " probabilities uncertainty carefully",
    0.45: "design implement refactor migrate debug algorithm compare strategy",
    0.25: "step steps explain why plan reason justify constraints",
}
EFFORT: Final[Mapping[str, float]] = {
    word: weight for weight, words in _EFFORT.items() for word in words.split()
}
"""How much a word adds to the complexity of a request, in log-odds."""

STOPWORDS: Final[Mapping[str, str]] = {
    "en": "the and is are what how with for this that you of to in it please",
    "de": "der die das und ist sind wie mit für dies nicht ein eine ich sie zu auf bitte es dass",
    "fr": "le la les et est sont comment avec pour ce pas un une je vous de du des que qui",
    "es": "el los las y es son cómo con para este no una yo usted de del que por",
    "it": "il lo gli e è sono come con per questo non una io di che della",
    "pt": "o os as e é são como com para este não uma eu você de do da que",
    "nl": "de het een en is zijn hoe met voor dit niet ik u van op te",
}


def index(table: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Word to the names under which it stands in a table."""
    words: dict[str, tuple[str, ...]] = {}
    for name, text in table.items():
        for word in text.split():
            words[word] = (*words.get(word, ()), name)
    return words


def tally(words: Set[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """How many of the words stand under each name."""
    counts: dict[str, int] = {}
    for word in names.keys() & words:
        for name in names[word]:
            counts[name] = counts.get(name, 0) + 1
    return counts


def most(counts: Mapping[str, int], otherwise: str) -> str:
    """The name with the highest count; of several, always the same one, in whatever order they were met."""
    return max(sorted(counts), key=counts.__getitem__) if counts else otherwise
