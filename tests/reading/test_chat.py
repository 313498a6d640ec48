import pytest

from smoothread_agent.errors import ModelError
from smoothread_agent.reading.chat import ChatFormat
from tests.model.saved import tiny_tokenizer

CHATML = tiny_tokenizer().chat_template
ALTERNATING = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}"
    "{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]"
    "{% else %} {{ message['content'] }}<|im_end|>{% endif %}{% endfor %}"
)
SILENT = (
    "{% for message in messages %}{% if message['role'] != 'system' %}<{{ message['role'] }}>"
    "{{ message['content'] | trim }}<end>\n{% endif %}{% endfor %}"
)


def of(template: str | None) -> ChatFormat:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = template
    return ChatFormat.of(tokenizer)


def laid(chat: ChatFormat) -> str:
    """A stream of two turns, as the loop lays it."""
    return (
        f"{chat.opening}SYSTEM{chat.to_user}ONE{chat.to_assistant}SUMMARY{chat.to_next}TWO{chat.to_assistant}"
    )


def test_the_stream_is_the_templates_own_text() -> None:
    assert laid(of(CHATML)) == (
        "<|im_start|>system\nSYSTEM<|im_end|>\n<|im_start|>user\nONE<|im_end|>\n<|im_start|>assistant\n"
        "SUMMARY<|im_end|>\n<|im_start|>user\nTWO<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_template_that_refuses_a_system_turn_gets_its_text_in_the_first_user_turn() -> None:
    assert laid(of(ALTERNATING)) == (
        "<|im_start|>[INST] SYSTEM\n\nONE [/INST] SUMMARY<|im_end|>[INST] TWO [/INST] "
    )


def test_a_template_that_leaves_a_system_turn_out_does_not_lose_its_text() -> None:
    assert laid(of(SILENT)) == (
        "<user>SYSTEM\n\nONE<end>\n<assistant>SUMMARY<end>\n<user>TWO<end>\n<assistant>"
    )


def test_without_a_template_headings_set_the_turns_apart() -> None:
    assert laid(of(None)) == (
        "SYSTEM\n\n### Text\nONE\n\n### Summary\nSUMMARY\n\n### Text\nTWO\n\n### Summary\n"
    )


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no') }}",
        "{% for message in messages if message['role'] == 'user' %}{{ message['content'] }}{% endfor %}",
        "{{ messages[0]['content'] }}",
        "{% for message in messages %}{{ message['content'] }}{% endfor %}",
    ],
    ids=["refuses all", "users alone", "first turn alone", "nothing between turns"],
)
def test_a_template_that_writes_no_conversation_is_refused(template: str) -> None:
    with pytest.raises(ModelError, match="does not write out a conversation"):
        of(template)
