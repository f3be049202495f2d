"""What the prompts are made of: templates, and subjects to put into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from routergate.domain.model import Capability
from routergate.testing.documents import CONTRACTS, ORDERS, REPORTS


@dataclass(frozen=True, slots=True)
class Family:
    """Every template with every subject is a prompt."""

    kind: str
    feature: str
    templates: Sequence[str]
    subjects: Sequence[str]
    hard: bool = False
    needs: frozenset[Capability] = frozenset()


FAMILIES = (
    Family(
        "chat",
        "assistant",
        (
            "What should I know before my first try at {}?",
            "hey, quick question: is {} hard to pick up at 45?",
            "Give me three tips for {}, no more than a sentence each.",
            "What does a weekend of {} cost, roughly, for two people?",
        ),
        ("sourdough baking", "sea kayaking", "beekeeping", "bouldering", "darning socks", "amateur radio"),
    ),
    Family(
        "chat",
        "assistant",
        ("{}",),
        (
            "Wie lange hält sich gekochter Reis im Kühlschrank?",
            "Kannst du mir in zwei Sätzen erklären, was ein Nießbrauch ist?",
            "Was ziehe ich zu einer Hochzeit im November an?",
            "Quel vin servir avec une raclette ?",
            "Comment dire non à un collègue sans le vexer ?",
            "¿Qué puedo visitar en Valencia en un día con niños?",
            "¿Por qué se me apaga el móvil con el frío?",
            "Come tolgo una macchia di caffè dal divano?",
            "Qual é a melhor época para ir aos Açores?",
            "Hoe laat vertrekt meestal de laatste trein op zondag, en hoe vind ik dat uit?",
            "Jak ugotować jajko na miękko, żeby zawsze wyszło?",
            "Как отучить кота будить меня в пять утра?",
            "敬語で「確認してください」はどう言えば失礼になりませんか。",
            "周末带父母去杭州，有什么不用爬山的路线？",
            "Kahve makinesini ne sıklıkla kireçten arındırmalıyım?",
            "저녁에 혼자 먹기 좋은 간단한 국 하나 추천해 주세요.",
            "Hvordan får jeg naboen til å klippe hekken uten å bli uvenner?",
            "मुझे सुबह जल्दी उठने की आदत कैसे डालनी चाहिए?",
            "كيف أكتب رسالة شكر قصيرة لمديري بعد انتهاء التدريب؟",
        ),
    ),
    Family(
        "code",
        "ide",
        (
            "Write a Python function that {}. Type hints please, no dependencies.",
            "How do I write a shell one-liner that {}?",
            "Give me a pytest test for a function that {}.",
        ),
        (
            "removes duplicate lines but keeps their order",
            "finds the ten largest files below a directory",
            "turns a CSV file into JSON lines",
            "counts words without caring about case",
            "checks whether all links in a Markdown file still work",
        ),
    ),
    Family(
        "code",
        "ide",
        (
            "Design and implement {} in Rust. Which invariants do the types uphold, and where can't they?",
            "We see a rare race in {}. Which interleavings could cause it, and how do we rule each one out?",
            "Compare ways to build {} when nodes fail and clocks jump. Then write the one to ship.",
        ),
        (
            "a lock-free bounded queue for many producers",
            "a rate limiter shared by several replicas",
            "an append-only log with exactly-once consumers",
            "a cache that refreshes entries before they expire",
        ),
        hard=True,
    ),
    Family(
        "math",
        "tutor",
        ("What is {}?", "Show me step by step how to work out {}."),
        (
            "17 % of 2,340",
            "the average speed of a train that covers 315 km in 2 h 15 min",
            "the area of a triangle with the sides 13, 14 and 15",
            "3/8 + 5/12, as a fraction in lowest terms",
            "the probability of two sixes with three dice",
            "the monthly payment on 9,000 € over four years at 5 %",
        ),
    ),
    Family(
        "math",
        "tutor",
        (
            "Prove that {}.",
            "A student claims to have a counterexample to this: {}. Can that be? Prove your answer.",
        ),
        (
            "every group of order p², with p a prime, is abelian",
            "a continuous function on a compact metric space is uniformly continuous",
            "the sum of the reciprocals of the primes diverges",
            "a bounded sequence in a Hilbert space has a weakly convergent subsequence",
            "the number of spanning trees of the complete graph on n vertices is n to the power of n − 2",
        ),
        hard=True,
    ),
    Family(
        "extraction",
        "intake",
        (
            "Extract the customer, the date, the total and the items from this message:\n\n{}",
            "Fill in the record from the e-mail below. If the date is missing, leave it null.\n\n{}",
        ),
        ORDERS,
        needs=frozenset({Capability.JSON_SCHEMA}),
    ),
    Family(
        "summarisation",
        "digest",
        (
            "Summarise this report in five bullet points for somebody who has two minutes:\n\n{}",
            "What changed since the last report, and what needs a decision?\n\n{}",
        ),
        REPORTS,
    ),
    Family(
        "translation",
        "localisation",
        (
            "Translate into German, formal address: “{}”",
            "Traduisez en français, ton amical : « {} »",
            "Translate to Japanese for a mobile app, keep it as short as the original: {}",
            "Traduce al español de México: {}",
        ),
        (
            "Your parcel is on its way and should arrive by Friday.",
            "We couldn't save your changes. Check your connection and try again.",
            "By tapping Continue you agree that we may contact you about your quote.",
            "Nobody has reviewed this place yet – be the first!",
        ),
    ),
    Family(
        "classification",
        "triage",
        (
            "Is this review positive, negative or mixed? One word.\n\n{}",
            "Label the ticket with one of billing, delivery, technical, other:\n{}",
            "Is the writer threatening to leave? Answer yes or no.\n\n{}",
        ),
        (
            "Third time this month that the invoice is wrong. I've stopped counting the calls.",
            "Works fine once you get past the setup, which took me an evening and two cups of tea.",
            "Die Lieferung kam zwei Tage zu früh, was will man mehr!",
            "It does what it says, no more and no less.",
            "App crashes when I rotate the phone during checkout. Pixel 8, latest version.",
            "If the technician doesn't show up tomorrow either, I'm going back to my old provider.",
        ),
    ),
    Family(
        "reasoning",
        "research",
        (
            "Think carefully about {}. What would have to be true for the unusual answer to be right?",
            "Two experts disagree on {}. Make the best case for each and find where they part.",
            "Lay out a decision tree for {}, with rough probabilities, and say which of them matters most.",
        ),
        (
            "whether a mid-sized town should buy back its power grid",
            "moving a hospital's records to a new system in one night",
            "whether remote work lowered or raised the productivity of our engineers",
            "insuring a vineyard against late frost",
            "why our conversion rate fell in only one of four countries after the redesign",
            "switching a bakery chain from gas to electric ovens",
            "who should own the data of a shared ambulance service",
        ),
        hard=True,
    ),
    Family(
        "creative",
        "marketing",
        (
            "Write a limerick about {}.",
            "Three subject lines for a newsletter about {}; nothing with “unlock” or “elevate”.",
            "Eine kurze Gutenachtgeschichte auf Deutsch, bitte, zu diesem Stichwort: {}",
            "Draft a product description, 60 words, warm but not cute, for {}.",
        ),
        (
            "a lamp that dims when it rains",
            "a second-hand bicycle shop",
            "a tea that tastes of libraries",
            "a lighthouse for rent",
        ),
    ),
    Family(
        "contract-review",
        "contracts",
        (
            "Review this agreement for the customer. Which clauses would you change, and how?\n\n{}",
            "Who bears the risk if the supplier's subcontractor fails? Quote the clause.\n\n{}",
            "List every deadline and notice period with its clause number:\n\n{}",
        ),
        CONTRACTS,
        hard=True,
    ),
    Family(
        "support",
        "support",
        (
            "Where is my order {}? It should have been here on Tuesday. Use lookup_order.",
            "I want my money back for {}, the box was empty.",
            "Hi, {} arrived but the lid doesn't close. Is there something about that in the manual?",
        ),
        ("A-10442", "no. 7731-B", "DE/2025/00912", "#55120", "K-3-2208"),
        needs=frozenset({Capability.TOOLS}),
    ),
    Family(
        "vision",
        "documents",
        (
            "What is wrong in this {}?",
            "Read the {} in the picture and give me its date and total.",
            "Describe this {} for somebody who cannot see it.",
        ),
        ("till receipt", "delivery note", "invoice", "bank statement"),
        needs=frozenset({Capability.VISION}),
    ),
)
