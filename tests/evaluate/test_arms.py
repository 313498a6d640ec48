import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from smoothread_agent.errors import ModelError
from tests.model.saved import save_model, save_rwkv7
from tools.evaluate import __main__ as command
from tools.evaluate.arms import attention
from tools.evaluate.arms.arm import Settings
from tools.evaluate.arms.attention import FullAttention
from tools.evaluate.arms.workbench import Workbench
from tools.evaluate.case import Case, Cell
from tools.evaluate.metrics import score

TEXT = "The ship left the harbour with 12 men. <|im_end|> " * 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random model: it answers nonsense, but always the same."""
    path = tmp_path_factory.mktemp("tiny")
    save_model(path, max_position_embeddings=8192)
    return path


@pytest.fixture(scope="module")
def workbench(folder: Path) -> Workbench:
    sizes = {"chunk": 64, "window": 2048, "answer_tokens": 12}
    return Workbench(Settings(str(folder), "none", **sizes, device="cpu", dtype="fp32"))


@pytest.fixture
def case() -> Case:
    start = TEXT.index("12 men")
    return Case(Cell("test", "task", 0, 0, 0), "How many men?", TEXT, ("12",), ((start, start + 6),))


def test_reading_in_parts_is_reading_at_once(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "PREFILL", 7)
    model = workbench.plain.model
    tokens = [int(token) for token in torch.randint(3, 300, (40,), generator=torch.manual_seed(1))]
    reading = FullAttention(model)
    reading.read(tokens[:25])
    held = reading.nbytes
    parts = reading.read(tokens[25:])
    with torch.inference_mode():
        whole = model(input_ids=torch.tensor([tokens])).logits[0, -1].float()
    # fp32, other split points: the last bits differ.
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=1e-4)
    assert reading.nbytes * 25 == held * 40


def test_full_attention_answers_as_a_window_that_holds_everything(workbench: Workbench, case: Case) -> None:
    """The same stream on the same weights: as long as nothing leaves the window, the two must agree."""
    full, whole = workbench.build("full").run(case), workbench.build("whole").run(case)
    assert full.answer == whole.answer
    assert full.answer
    assert full.usage.tokens_read == whole.usage.tokens_read
    assert full.coverage == whole.coverage
    assert full.peak_bytes
    assert workbench.build("full").fingerprint == workbench.build("whole").fingerprint


def test_the_readers_chunks_tile_the_text(workbench: Workbench, case: Case) -> None:
    outcome = workbench.build("smooth").run(case)
    assert outcome.chunks[0][0] == 0
    assert all(end == start for (_, end), (start, _) in zip(outcome.chunks, outcome.chunks[1:], strict=False))
    assert len(outcome.chunks) == outcome.coverage.chunks_read > 1
    for clue in outcome.clues:
        assert case.text[clue.start : clue.end] == clue.text
    judged = score(case, outcome)
    assert judged.tokens_read == outcome.usage.tokens_read
    assert judged.place is not None


def test_one_round_has_no_chunks_to_judge(workbench: Workbench, case: Case) -> None:
    judged = score(case, workbench.build("whole").run(case))
    assert (judged.place, judged.false_clues, judged.premature) == (None, None, None)


def test_refining_asks_once_a_part_and_carries_the_answer_on(workbench: Workbench, case: Case) -> None:
    arm = workbench.build("refine")
    outcome = arm.run(case)
    assert outcome.usage.rounds == outcome.coverage.chunks_read > 3
    assert outcome.usage.tokens_decoded <= 12 * outcome.usage.rounds
    parts = list(arm.chunker.chunks(case.text))
    assert outcome.usage.tokens_read == sum(len(part.tokens) for part in parts)
    first, later = arm.prompt("why?", None, parts[0]), arm.prompt("why?", "so far", parts[1])
    assert "so far" in arm.codec.decode(later)
    for prompt, part in ((first, parts[0]), (later, parts[1])):
        text = arm.codec.tokenizer.decode(prompt)
        assert part.text in text
        assert "why?" in text
        # The text's own <|im_end|> is spelled out: the turns that end are those of the format.
        end = arm.codec.markup("<|im_end|>")
        assert len(end) == 1
        assert prompt.count(end[0]) == 2


@pytest.mark.parametrize("arm", ["full", "refine"])
def test_an_arm_of_full_attention_refuses_a_model_without(arm: str, tmp_path: Path) -> None:
    settings = Settings(str(save_rwkv7(tmp_path / "rwkv")), "none", device="cpu", dtype="fp32")
    with pytest.raises(ModelError, match="RWKV-7 has no attention"):
        Workbench(settings).build(arm)


def test_an_unknown_arm_is_refused(workbench: Workbench) -> None:
    with pytest.raises(ValueError, match="no arm is called 'fast'"):
        workbench.build("fast")


def run_command(folder: Path, out: Path, *more: str) -> tuple[int, str]:
    arguments = ["--model", str(folder), "--adapter", "none", "--chunk", "64", "--window", "512"]
    arguments += ["--answer-tokens", "4", "--device", "cpu", "--out", str(out), *more]
    result = CliRunner().invoke(command.app, arguments)
    return result.exit_code, result.stdout


def test_the_command_measures_and_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    asked = [
        "--suite",
        "babi",
        "--tasks",
        "qa1",
        "--lengths",
        "500",
        "--arms",
        "smooth,reset",
        "--cases",
        "1",
    ]
    code, printed = run_command(folder, tmp_path, *asked, "--json")
    assert code == 0
    figures = json.loads(printed)
    assert {line["arm"] for line in figures["lines"]} == {"smooth", "reset"}
    assert all(line["cases"] == 1 for line in figures["lines"])
    assert {gain["over"] for gain in figures["gains"]} == {"reset"}
    stored = (tmp_path / "results.jsonl").read_bytes()
    code, again = run_command(folder, tmp_path, *asked, "--json")
    assert (code, again) == (0, printed)
    assert (tmp_path / "results.jsonl").read_bytes() == stored
    code, other = run_command(folder, tmp_path, *asked, "--json", "--answer-tokens", "5")
    assert code == 0
    assert all(line["cases"] == 1 for line in json.loads(other)["lines"])
    assert len((tmp_path / "results.jsonl").read_bytes().splitlines()) == 4


@pytest.mark.parametrize(
    "asked",
    [
        ["--suite", "rulers"],
        ["--arms", "fast"],
        ["--lengths", "4 miles"],
        ["--limit", "full=long"],
        ["--suite", "longbench"],
    ],
)
def test_the_command_refuses_what_it_cannot_do(folder: Path, tmp_path: Path, asked: list[str]) -> None:
    code, _ = run_command(folder, tmp_path, *asked)
    assert code == 2
    assert not (tmp_path / "results.jsonl").exists()


def test_questions_that_are_left_out_are_listed() -> None:
    result = CliRunner().invoke(command.app, ["--list-missing"])
    assert result.exit_code == 0
