"""Two tellings of one answer: what the second has in common with the first is told once."""

from dataclasses import dataclass

from routergate.domain.errors import UpstreamError


class AnswerDiverged(UpstreamError):
    """An answer that does not go on from what the caller has of it already."""

    kind = "diverged"
    billed = True


@dataclass(slots=True)
class Overlap:
    """What the caller has already of an answer that is told again."""

    text: str
    """With this the second telling must begin."""
    _at: int = 0

    @property
    def left(self) -> bool:
        """Whether some of it has not come again yet."""
        return self._at < len(self.text)

    def new(self, piece: str) -> str:
        """What the caller has not got of the next piece; raises `AnswerDiverged` if it is another answer."""
        common = min(len(piece), len(self.text) - self._at)
        if not self.text.startswith(piece[:common], self._at):
            raise AnswerDiverged("the second answer is another one than the first")
        self._at += common
        return piece[common:]

    def end(self) -> None:
        """The second telling is over; raises `AnswerDiverged` if it is shorter than what the caller has."""
        if self.left:
            raise AnswerDiverged("the second answer ends before the first one broke off")
