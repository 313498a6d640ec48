import copy
import json
import pickle
import shutil
import threading
from pathlib import Path

import pytest

from smoothread_agent.errors import ModelError
from smoothread_agent.reading import engine as engine_module
from smoothread_agent.reading import wording
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.policy import Thresholds
from tests.model.saved import tiny_model

WINDOW = 512


@pytest.fixture(scope="module")
def spec(tiny_folder: Path) -> EngineSpec:
    return EngineSpec(model=str(tiny_folder), window=WINDOW)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA folder for the tiny model, as PEFT writes it."""
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("adapter")
    weight = tiny_model(max_position_embeddings=4096).model.layers[0].self_attn.q_proj.weight
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    halves = {"A": torch.ones(2, weight.shape[1]) * 0.1, "B": torch.ones(weight.shape[0], 2) * 0.1}
    save_file(
        {name.format(half): tensor for half, tensor in halves.items()}, folder / "adapter_model.safetensors"
    )
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"], "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return folder


def with_notes(adapter: Path, to: Path, notes: str) -> EngineSpec:
    shutil.copytree(adapter, to)
    (to / "reading.json").write_text(notes)
    return EngineSpec(model="unused", adapter=str(to), window=WINDOW)


def test_a_model_is_opened_when_first_needed_and_once(
    spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    opening = engine_module._open
    monkeypatch.setattr(engine_module, "_open", lambda *given: opened.append(given) or opening(*given))
    engine = Engine(spec)
    assert opened == []
    lent: list[object] = []
    threads = [threading.Thread(target=lambda: lent.append(engine.ready())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert len(set(map(id, lent))) == 1


def test_what_it_lends_can_read(spec: EngineSpec) -> None:
    ready = Engine(spec).ready()
    assert ready.model.window == WINDOW
    assert len(ready.fingerprint) == 64
    assert ready.notes.thresholds == Thresholds()
    assert ready.codec.end_of_turn == 2


def test_a_copy_shares_the_model_and_a_pickle_carries_the_spec(spec: EngineSpec) -> None:
    engine = Engine(spec)
    ready = engine.ready()
    for copied in (copy.copy(engine), copy.deepcopy(engine)):
        assert copied.ready() is ready
    pickled = pickle.dumps(engine)
    assert len(pickled) < 1000
    opened = pickle.loads(pickled).ready()
    assert opened is not ready
    assert opened.fingerprint == ready.fingerprint


def test_an_adapter_changes_the_fingerprint_and_brings_its_thresholds(
    spec: EngineSpec, adapter: Path, tmp_path: Path
) -> None:
    thresholds = Thresholds(new=0.3, keep=0.6, stop=0.9)
    notes = json.dumps({"wording": wording.VERSION, "thresholds": thresholds.model_dump()})
    tuned = with_notes(adapter, tmp_path / "a", notes).model_copy(update={"model": spec.model})
    ready, plain = Engine(tuned).ready(), Engine(spec).ready()
    assert ready.notes.thresholds == thresholds
    assert ready.fingerprint != plain.fingerprint
    without = EngineSpec(model=spec.model, adapter=str(adapter), window=WINDOW)
    assert Engine(without).ready().notes.thresholds == Thresholds()


def test_an_adapter_of_another_wording_is_refused(spec: EngineSpec, adapter: Path, tmp_path: Path) -> None:
    old = with_notes(adapter, tmp_path / "a", '{"wording": "0"}').model_copy(update={"model": spec.model})
    with pytest.raises(ModelError, match=rf"trained on wording 0, .* reads in wording {wording.VERSION}"):
        Engine(old).ready()


@pytest.mark.parametrize(
    "notes", ["", "{}", '{"wording": 3', '{"wording": "1", "thresholds": {"new": 2}}', "\x00"]
)
def test_damaged_notes_of_an_adapter_are_told(
    spec: EngineSpec, adapter: Path, tmp_path: Path, notes: str
) -> None:
    damaged = with_notes(adapter, tmp_path / "a", notes).model_copy(update={"model": spec.model})
    with pytest.raises(ModelError, match=r"reading\.json does not say how its adapter reads"):
        Engine(damaged).ready()


def test_an_engine_that_failed_to_open_can_be_tried_again(tmp_path: Path, tiny_folder: Path) -> None:
    engine = Engine(EngineSpec(model=str(tmp_path / "later"), window=WINDOW))
    with pytest.raises(ModelError):
        engine.ready()
    shutil.copytree(tiny_folder, tmp_path / "later")
    assert engine.ready().model.window == WINDOW


def test_a_window_that_the_model_was_not_trained_for(tiny_folder: Path) -> None:
    with pytest.raises(ModelError, match="trained to 4096: choose a window below 2048"):
        Engine(EngineSpec(model=str(tiny_folder), window=2048)).ready()


def test_a_template_that_cannot_be_used_is_told_when_opening(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "odd")
    (tmp_path / "odd" / "chat_template.jinja").write_text("{{ raise_exception('no') }}")
    with pytest.raises(ModelError, match="does not write out a conversation"):
        Engine(EngineSpec(model=str(tmp_path / "odd"), window=WINDOW)).ready()
