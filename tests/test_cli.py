"""The command line as a user runs it, on a tiny random model."""

import json
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from smoothread_agent.cli import app
from tests.model.saved import save_model

TEXT = "On the 3rd of May 1851 the ship left the harbour with 12 men. " * 120


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, max_position_embeddings=4096)
    return folder


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(TEXT)
    return path


def run(*arguments, **more):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **more)


def read(source, model, *more):
    return run("read", source, "--task", "When?", "--model", model, "--chunk", 128, *more)


def test_json_is_the_result_on_stdout_and_nothing_else(source, model):
    done = read(source, model, "--json", "--max-chunks", 2, "--no-stop")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["task"] == "When?"
    assert result["stop"]["reason"] == "budget"
    assert result["coverage"]["chunks_read"] == 2
    assert result["coverage"]["truncated"]
    assert result["source"]["name"].endswith("log.txt")


def test_the_result_says_why_it_stopped_and_how_much_was_read(source, model):
    done = read(source, model, "--max-chunks", 1, "--arm", "whole")
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    assert "Answer" in shown
    assert "stopped because the budget was spent" in shown
    assert "1 of" in shown


def test_stdin_can_be_read(model):
    done = run("read", "-", "-t", "When?", "-m", model, "--max-chunks", 1, "--json", input=TEXT)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["coverage"]["tokens_read"] > 0


def test_an_unknown_arm_is_refused(source, model):
    done = read(source, model, "--arm", "fast")
    assert done.exit_code == 2
    assert "smooth, reset, whole" in done.output


def cli(*arguments, **more):
    command = [sys.executable, "-m", "smoothread_agent.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def test_an_error_of_ours_is_one_line_and_no_traceback(tmp_path):
    process = cli("read", tmp_path / "nothing.txt", "--task", "When?")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "does not exist" in errors
    assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_ctrl_c_shows_what_was_found_so_far(tmp_path, model):
    long = tmp_path / "long.txt"
    long.write_text(TEXT * 400)
    arguments = ("--task", "When?", "--model", model, "--chunk", 64, "--no-stop", "--json")
    process = cli("read", long, *arguments)
    time.sleep(1)
    while process.poll() is None:  # signals that come before the reading has begun end it without a result
        if "\n" in (line := process.stderr.readline()) and "chunk" in line:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    result = json.loads(out)
    assert result["stop"]["reason"] == "cancelled"
    assert result["clues"]
    assert result["coverage"]["truncated"]


def test_models_are_listed_and_described(model):
    listed = json.loads(run("model", "list", "--json").stdout)
    assert all({"name", "kind", "path"} <= set(entry) for entry in listed)
    described = json.loads(run("model", "info", model, "--json").stdout)
    assert described["architecture"] == "LlamaForCausalLM"
    assert described["trained_length"] == 4096
    assert len(described["fingerprint"]) == 64
    assert (described["support"], described["windowed"]) == ("supported by windowing", "2 of 2 layers")
    assert described["note"].count("behind a window it forgets") == 1
