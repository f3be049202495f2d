"""Are an operator's own tasks recognised, and nothing else? `python -m benchmarks.routing.own_tasks`.

The prompts were written before anything was measured on them. Thresholds may be chosen on the first half;
the test half is only looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from routergate.classify.artifact import Artifact, builtin
from routergate.classify.grams import grams
from routergate.classify.latent import latent
from routergate.classify.own import alike
from routergate.domain.decision import TaskCard
from routergate.domain.model import TaskId

CARDS: Final = (
    TaskCard(
        id=TaskId("radiology-report"),
        examples=(
            "Write the impression section for this chest CT: a 6 mm nodule in the right upper lobe.",
            "Turn these dictated findings of a knee MRI into a structured report.",
            "Does this ultrasound report mention gallstones, and how large are they?",
            "Summarise the findings of the attached X-ray report for the referring doctor.",
        ),
    ),
    TaskCard(
        id=TaskId("travel-claims"),
        examples=(
            "Is this hotel invoice within the travel policy, and what may be reimbursed?",
            "The employee claims mileage for a trip to the client. Check the amount.",
            "List the receipts that are missing from this expense claim.",
            "Welche Belege fehlen in dieser Reisekostenabrechnung?",
        ),
    ),
    TaskCard(
        id=TaskId("sql-migration"),
        examples=(
            "Rewrite this Oracle stored procedure for PostgreSQL.",
            "Which data types in this MySQL schema have no equivalent in Postgres?",
            "Convert the CONNECT BY query below into a recursive common table expression.",
            "Translate this T-SQL trigger into PL/pgSQL.",
        ),
    ),
)
NONE: Final = ""

DEVELOPMENT: Final[Mapping[str, Sequence[str]]] = {
    "radiology-report": (
        "Draft the impression for an abdominal CT with a 12 mm nodule in the left lobe of the liver.",
        "Structure these dictated MRI findings of the lumbar spine as a report.",
        "How large are the gallstones that this ultrasound report mentions?",
        "Please summarise this chest X-ray report for the doctor who referred the patient.",
        "Schreibe einen strukturierten Befund aus diesem Diktat zum MRT des Knies.",
    ),
    "travel-claims": (
        "May the minibar on this hotel invoice be reimbursed under our travel policy?",
        "Check the mileage in this claim for a trip to Lyon.",
        "Which receipts are still missing from the expense claim of March?",
        "Fehlen in der Reisekostenabrechnung vom Mai noch Belege?",
        "Does this expense claim exceed the daily limit of the travel policy?",
    ),
    "sql-migration": (
        "Port this Oracle package with two stored procedures to PostgreSQL.",
        "What is the Postgres equivalent of these MySQL data types?",
        "Turn this hierarchical CONNECT BY query into a recursive CTE.",
        "Rewrite the T-SQL trigger below in PL/pgSQL.",
        "Convierte este procedimiento almacenado de Oracle a PostgreSQL.",
    ),
    NONE: (
        "What is the tallest building in Dubai?",
        "Write a limerick about a hotel that has no guests.",
        "Explain how an X-ray tube works to a school class.",
        "Draft a polite e-mail that declines a meeting.",
        "Which museums in Lyon are open on Mondays?",
        "Write a Python function that parses dates.",
        "How many litres are in a cubic metre?",
        "Translate this menu into Spanish.",
        "Summarise the attached quarterly report for the board.",
        "Does this poem mention the sea, and how often?",
        "Schreibe eine kurze Geschichte über einen Trigger.",
        "¿Cuál es la capital de Perú?",
        "Quelles sont les causes de la Révolution française ?",
        "Rewrite this paragraph in a friendlier tone.",
        "List the arguments that are missing from this essay.",
    ),
}
TEST: Final[Mapping[str, Sequence[str]]] = {
    "radiology-report": (
        "Write an impression: brain MRI, no acute infarct, small meningioma of 9 mm.",
        "Make a structured report of these dictated CT findings of the pelvis.",
        "Is a fracture mentioned anywhere in this X-ray report of the wrist?",
        "Explain the findings of this ultrasound report to the referring doctor in two sentences.",
        "Fasse den Röntgenbefund für den überweisenden Arzt zusammen.",
    ),
    "travel-claims": (
        "What may be reimbursed of this taxi receipt according to the travel policy?",
        "The employee claims two hotel nights for a one-day trip. Check the invoice.",
        "Is anything missing from this expense claim, such as receipts or signatures?",
        "Prüfe die Reisekostenabrechnung: Welche Belege sind zu hoch?",
        "Compare the claimed mileage of the trip with the shortest distance to the client.",
    ),
    "sql-migration": (
        "Rewrite this MySQL stored procedure so that it runs on PostgreSQL.",
        "Which functions of this Oracle schema have no equivalent in Postgres?",
        "Convert this T-SQL query with CROSS APPLY for Postgres.",
        "Translate the Oracle trigger below to PL/pgSQL and keep its behaviour.",
        "Réécris cette procédure stockée Oracle pour PostgreSQL.",
    ),
    NONE: (
        "Who painted the ceiling of the Sistine Chapel?",
        "Write a haiku about a lost receipt.",
        "What is the difference between CT and MRI in physics terms?",
        "Plan a three-day trip to Lisbon for a family with small children.",
        "Which laptop should I buy for video editing?",
        "Write a JavaScript function that reverses a list.",
        "Solve 3x + 7 = 25 and show your steps.",
        "Convert 30 degrees Celsius to Fahrenheit.",
        "Summarise this news article in three sentences.",
        "Is the moon larger than Mercury?",
        "Übersetze dieses Gedicht ins Englische.",
        "Escribe una carta de agradecimiento a mi profesora.",
        "Pourquoi le ciel est-il bleu ?",
        "Translate this recipe and keep its measurements.",
        "Turn these notes of a meeting into a list of actions.",
    ),
}


def told(artifact: Artifact, text: str) -> str:
    """The task that a text is taken for."""
    found = grams(text)
    return alike(artifact, CARDS, found, latent(artifact, text, found)) or NONE


def measured(artifact: Artifact, prompts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """How many were recognised, how many of the rest were taken for a task, and which went wrong."""
    pairs = [(task, text, told(artifact, text)) for task, texts in prompts.items() for text in texts]
    own, others = [p for p in pairs if p[0]], [p for p in pairs if not p[0]]
    right = sum(task == found for task, _, found in own)
    wrong = sum(found not in (NONE, task) for task, _, found in own)
    caught = sum(found != NONE for _, _, found in others)
    return (
        f"on topic {len(own)}: {right} recognised, {wrong} taken for another task",
        f"off topic {len(others)}: {caught} taken for a task",
        *(
            f"    {task or 'none'} taken for {found or 'none'}: {text}"
            for task, text, found in pairs
            if task != found
        ),
    )


def main() -> None:
    """Both halves with the router that ships."""
    for name, half in (("development", DEVELOPMENT), ("test", TEST)):
        print(name, *measured(builtin(), half), sep="\n  ")


if __name__ == "__main__":
    main()
