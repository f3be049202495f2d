import pytest

from routergate.check.refusal import PHRASES, declines

DECLINED = [
    ("en", "I'm sorry, but I can't help with that request."),
    ("en", "I’m unable to assist with this."),
    ("en", "**I cannot provide** medical advice."),
    ("en", "Unfortunately, as an AI language model, I am not able to answer that."),
    ("en", "I must respectfully decline."),
    ("de", "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen."),
    ("de", "Leider kann ich diese Anfrage nicht beantworten."),
    ("de", "Damit kann ich nicht weiterhelfen."),
    ("fr", "Je suis désolé, mais je ne peux pas vous aider."),
    ("fr", "Malheureusement, je ne peux pas répondre à cette question."),
    ("es", "Lo siento, pero no puedo ayudarte con eso."),
    ("pt", "Desculpe, mas não posso ajudar com isso."),
    ("it", "Mi dispiace, ma non posso aiutarti."),
    ("nl", "Het spijt me, maar ik kan u daar niet mee helpen."),
    ("pl", "Przepraszam, ale nie mogę w tym pomóc."),
    ("ru", "К сожалению, я не могу помочь с этим."),
    ("zh", "很抱歉,我无法提供这些信息。"),
    ("ja", "申し訳ありませんが、そのご質問にはお答えできません。"),
    ("ko", "죄송합니다, 그 요청은 도와드릴 수 없습니다."),
]


@pytest.mark.parametrize(("language", "text"), DECLINED)
def test_a_refusal_at_the_beginning_is_recognised(language: str, text: str) -> None:
    assert language in PHRASES
    assert declines(text)


def test_every_language_has_an_example() -> None:
    assert {language for language, _ in DECLINED} == set(PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm sorry to hear that. Here is what you can do:",
        "I can't stress this enough: back up first.",
        "I can help with that.",
        "Sorry for the wait! The answer is 42.",
        "Here is the letter: 'I'm sorry, but I can't help you.'",
        "Leider ist das Wetter schlecht.",
        "As an AI language model, I find this interesting: 42.",
        "Yes. " * 60 + "I'm sorry, but I can't help with that.",
    ],
)
def test_other_answers_are_not_taken_for_one(text: str) -> None:
    assert not declines(text)
