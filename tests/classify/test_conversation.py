from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from routergate.classify.conversation import READ, conversation
from routergate.domain.format import Format
from routergate.domain.identity import Attribution, Identity
from routergate.domain.request import ChatRequest, Message
from support.builders import a_request


def account(organisation: str = "acme", session: str | None = None) -> Attribution:
    return Attribution(identity=Identity(key="key-1", organisation=organisation), session=session)


def saying(*texts: str, **changes: Any) -> ChatRequest:
    roles = ("system", "user", "assistant", "user")
    messages = tuple(Message(role=role, text=text) for role, text in zip(roles, texts, strict=False))
    return a_request(messages=messages, **changes)


def test_later_turns_belong_to_the_same_conversation() -> None:
    first = conversation(saying("Be kind.", "Hello?"), account())
    assert conversation(saying("Be kind.", "Hello?", "Hi.", "And now?"), account()) == first
    assert conversation(saying("Be kind.", "Goodbye?"), account()) != first
    assert conversation(saying("Be curt.", "Hello?"), account()) != first


def test_a_session_is_a_conversation_whatever_is_said() -> None:
    one = conversation(saying("", "Hello?"), account(session="s-1"))
    assert conversation(saying("", "Something else"), account(session="s-1")) == one
    assert conversation(saying("", "Hello?"), account(session="s-2")) != one


def test_organisations_share_no_conversation() -> None:
    assert conversation(saying("", "Hello?"), account("globex")) != conversation(
        saying("", "Hello?"), account()
    )


def test_texts_that_are_embedded_are_no_conversation() -> None:
    assert conversation(saying("", "Hello?", format=Format.EMBEDDINGS), account()) == ""


def test_of_a_long_text_its_beginning_counts() -> None:
    long = "x" * READ
    assert conversation(saying(long, "a"), account()) == conversation(saying(long + "y", "a"), account())


@given(st.text(), st.text())
def test_its_name_is_sixteen_hexadecimal_digits(one: str, other: str) -> None:
    name = conversation(saying(one, other + "\ud800"), account())
    assert len(name) == 16
    assert int(name, 16) >= 0


def test_instructions_alone_are_a_conversation_too() -> None:
    request = a_request(messages=(Message(role="system", text="Be kind."),))
    assert conversation(request, account()) == conversation(request, account())
