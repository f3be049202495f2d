"""Request → features."""

from routergate.domain.request import ChatRequest, Features, Reading


def features(request: ChatRequest, reading: Reading, text_tokens: int, conversation: str = "") -> Features:
    """What routing knows of a request: all that was read of it, and no word of its text."""
    return Features(
        reading=reading,
        needs=request.needs,
        format=request.format,
        input_tokens=text_tokens + request.attachment_tokens,
        max_output_tokens=request.max_output_tokens,
        choices=request.choices,
        service_tier=request.service_tier,
        conversation=conversation,
    )
