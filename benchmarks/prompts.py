"""Prompts of several lengths, no two alike: to remember texts gains no more than it does in real traffic.

What real traffic repeats is repeated here, too: some of the requests begin with one of a few system prompts.
"""

from random import Random

Message = dict[str, str]

LENGTHS = (80, 200, 400, 900, 900, 2_000, 6_000)
"""Characters of what a user says, as often as they stand here."""
SYSTEMS = (
    "You are the assistant of a hardware shop. Answer in the customer's language, and never guess prices. "
    * 6,
    "You write SQL for PostgreSQL 16. Return one statement and nothing else. Tables: orders, lines. " * 4,
    "You are a careful editor. Keep the author's voice, and ask where the meaning is unclear. ",
)
TASKS = (
    "Summarise this for somebody who was not there:",
    "Translate the following into German:",
    "Why does this fail about one time in ten?",
    "Extract every date and amount as JSON:",
    "Write a Python function that does what this describes, with a test:",
    "Is the tone of this message friendly, neutral or angry?",
    "Prove or refute the claim in the last sentence:",
    "Review this clause and name the three largest risks:",
    "What would you ask the customer next?",
    "Turn this into an agenda with times:",
)
SENTENCES = (
    "The nightly export fails while it writes the last partition.",
    "Net revenue rose by {a} percent to {b} million euros, mostly from renewals.",
    "Either party may terminate this agreement with {a} days' written notice.",
    "Der Kunde hat die Rechnung Nummer {b} noch nicht bezahlt.",
    "for row in rows[{a}:]: total += row.amount * rates[row.currency]",
    "Nobody has seen the parcel since it left the depot in aisle {a}.",
    "Let n be an even number greater than {a}; then n is the sum of two primes.",
    "La réunion est reportée au {a} à quinze heures, salle {b}.",
    "SELECT customer, sum(amount) FROM orders WHERE day > now() - interval '{a} days'",
    "Two of the {b} patients reported a mild headache in the first week.",
    "The valve opens at {a} bar and closes again when the pressure has fallen by half.",
    "She asked whether the window seat in row {a} was still free.",
)


def conversation(number: int) -> list[Message]:
    """What is said in one request; the same for the same number, and for no other."""
    chance = Random(number)  # noqa: S311 - the same again, not a secret
    system = [{"role": "system", "content": chance.choice(SYSTEMS)}] if chance.random() < 0.4 else []
    earlier = _turns(chance) if chance.random() < 0.25 else []
    asked = f"{chance.choice(TASKS)} {_text(chance, chance.choice(LENGTHS))} (case {number})"
    return [*system, *earlier, {"role": "user", "content": asked}]


def _turns(chance: Random) -> list[Message]:
    asked, answered = _text(chance, 200), _text(chance, 400)
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


def _text(chance: Random, length: int) -> str:
    text = ""
    while len(text) < length:
        numbers = {"a": chance.randrange(2, 99), "b": chance.randrange(100, 9_999)}
        text += chance.choice(SENTENCES).format(**numbers) + " "
    return text[:length]
