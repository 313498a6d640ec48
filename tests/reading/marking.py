"""A tokenizer of the other kind: it marks spaces (as Llama 2's does) and spells what it does not know in bytes."""

import json

from tokenizers import Tokenizer, decoders, models, normalizers, trainers
from transformers import PreTrainedTokenizerFast

from tests.model.saved import TEXT


def marking_tokenizer() -> PreTrainedTokenizerFast:
    """It also composes characters, which Llama 2's does not, and Qwen's does."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    words = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)]]
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=words, show_progress=False)
    tokenizer.train_from_iterator(TEXT.split() * 3, trainer)
    described = json.loads(tokenizer.to_str())  # bytes are special to training alone
    described["added_tokens"] = [
        token for token in described["added_tokens"] if not token["content"].startswith("<0x")
    ]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=(
            "{% for message in messages %}{% if message['role'] == 'assistant' %} {{ message['content'] }}</s>"
            "{% else %}[INST] {{ message['content'] }} [/INST]{% endif %}{% endfor %}"
        ),
    )
