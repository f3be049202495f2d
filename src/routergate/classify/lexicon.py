"""Words that tell a task, a domain or a language."""

from collections.abc import Mapping
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

STOPWORDS: Final[Mapping[str, str]] = {
    "en": "the and is are what how with for this that you of to in it please",
    "de": "der die das und ist sind wie mit für dies nicht ein eine ich sie zu auf bitte es dass",
    "fr": "le la les et est sont comment avec pour ce pas un une je vous de du des que qui",
    "es": "el los las y es son cómo con para este no una yo usted de del que por",
    "it": "il lo gli e è sono come con per questo non una io di che della",
    "pt": "o os as e é são como com para este não uma eu você de do da que",
    "nl": "de het een en is zijn hoe met voor dit niet ik u van op te",
}
