"""The model's own chat format, cut into the pieces that a stream of turns is laid with."""

from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast

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
        """
        if not tokenizer.chat_template:
            return cls("", "\n\n### Text\n", "\n\n### Summary\n", "\n\n### Text\n")
        turns = [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": _USER},
            {"role": "assistant", "content": _ASSISTANT},
            {"role": "user", "content": _AGAIN},
        ]
        try:
            text = str(tokenizer.apply_chat_template(turns, tokenize=False))
        except TemplateError:
            text = ""
        if _SYSTEM not in text:
            merged = [{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}, *turns[2:]]
            text = str(tokenizer.apply_chat_template(merged, tokenize=False))
        opening, _, rest = text.partition(_SYSTEM)
        to_user, _, rest = rest.partition(_USER)
        to_assistant, _, rest = rest.partition(_ASSISTANT)
        to_next, _, _ = rest.partition(_AGAIN)
        return cls(opening, to_user, to_assistant, to_next)
