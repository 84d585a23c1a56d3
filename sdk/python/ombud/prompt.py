"""The question, and the only way to answer it."""

from typing import Any, Callable, Optional, TypeVar

from . import settings
from .errors import ConsentNotAsked
from .settings import say

YES = frozenset(("y", "yes", "agree", "ok", "是", "好", "好的", "同意", "可以", "是的"))

_SEAL = object()


class Answer:
    """What a user answered to one question. Only `Question.reply` makes one."""

    __slots__ = ("question", "agreed", "method")

    def __init__(self, seal: object, question: "Question", agreed: bool, method: str) -> None:
        if seal is not _SEAL:
            raise TypeError("answers are created by Question.reply, from what the user typed or tapped")
        self.question, self.agreed, self.method = question, agreed, method


class Question:
    """A question for the user."""

    def __init__(self, purpose: str, text: str) -> None:
        self.purpose = purpose
        self._text = text
        self._shown = False

    def show(self) -> str:
        """Returns the text that the user must see. An answer given before this was called does not count."""
        self._shown = True
        return self._text

    def reply(self, said: Any, method: str = "text") -> Answer:
        """Makes the answer from what the user typed (`y`, `yes`, `同意`, …), or from a button (`True` or `False`)."""
        if not self._shown:
            raise ConsentNotAsked(self.purpose, say("the question was not shown", "没有展示问题"))
        agreed = said is True or (isinstance(said, str) and said.strip().lower() in YES)
        return Answer(_SEAL, self, agreed, method)


def checked(question: Question, answer: Any) -> Answer:
    """Returns the answer if it belongs to this question, and raises otherwise."""
    if not isinstance(answer, Answer) or answer.question is not question:
        raise ConsentNotAsked(question.purpose, say("it is not an answer to this question", "它不是对这个问题的回答"))
    return answer


Ask = TypeVar("Ask", bound=Callable[..., Any])


def consent_prompt(ask: Ask) -> Ask:
    """Registers the function that asks users: it takes a `Question` and returns `question.reply(…)`; it may be async."""
    settings.configure(ask=ask)
    return ask


def default_text(purpose: str) -> str:
    return say(
        "May this assistant remember what you tell it, and use it later (%s)? You can withdraw this at any time. [y/n] " % purpose,
        "可以让本助理记住你说的内容，并在以后使用吗（用途：%s）？你随时可以撤回。[y/n] " % purpose,
    )


def question(purpose: str, notice: Optional[str]) -> Question:
    return Question(purpose, notice or default_text(purpose))
