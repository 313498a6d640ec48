"""The model's own chat format, cut into the pieces that a stream of turns is laid with."""

from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast

from smoothread_agent.errors import ModelError

_SYSTEM, _USER, _ASSISTANT, _AGAIN = "«system»", "«user»", "«assistant»", "«again»"


@dataclass(frozen=True)
class ChatFormat:
    """The text between the turns. A stream is: opening, system text, `to_user`, part, `to_assistant`, summary,
    `to_next`, part, `to_assistant`, summary, ..."""

    opening: str
    to_user: str
    to_assistant: str
    to_next: str

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "ChatFormat":
        """Read the pieces off the tokenizer's chat template; without a template, plain headings serve.

        A template that refuses a system turn gets the system text at the head of the first user turn.

        Raises:
            ModelError: the template does not write out turns of a user and an assistant.
        """
        if not tokenizer.chat_template:
            return cls("", "\n\n### Text\n", "\n\n### Summary\n", "\n\n### Text\n")
        turns = [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": _USER},
            {"role": "assistant", "content": _ASSISTANT},
            {"role": "user", "content": _AGAIN},
        ]
        text = _written(tokenizer, turns)
        if text is None or _SYSTEM not in text:
            text = _written(tokenizer, [{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}, *turns[2:]])
        pieces = []
        for mark in (_SYSTEM, _USER, _ASSISTANT, _AGAIN):
            piece, found, text = (text or "").partition(mark)
            pieces.append(piece if found else "")
        if not pieces[-1]:
            raise ModelError(
                "the chat template of this model does not write out a conversation of a user and an assistant: "
                "take a chat or instruct model, or one without a template"
            )
        return cls(*pieces)


def _written(tokenizer: PreTrainedTokenizerFast, turns: list[dict[str, str]]) -> str | None:
    """The turns in the template's words; none where it refuses them."""
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False))
    except TemplateError:
        return None
