import subprocess
import sys

import numpy as np
import pytest

from smoothread_agent.memory.embedding import HashedEmbeddings, identity, similarities

PASSAGES = {
    "port": "The server listens on port 8443 unless the settings name another.",
    "backup": "Backups run every night at two and are kept for thirty days.",
    "licence": "The software may be copied under the terms of the Apache licence.",
    "memory": "Each worker needs two gigabytes of memory and one core.",
}


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("which ports does a server listen on?", "port"),
        ("how long is a backup kept", "backup"),
        ("Apache license terms", "licence"),
        ("how much memory do workers need", "memory"),
        ("8443", "port"),
    ],
)
def test_a_query_finds_the_passage_that_shares_its_words_or_stems(query, best):
    scores = similarities(HashedEmbeddings(), query, list(PASSAGES.values()))
    assert list(PASSAGES)[int(scores.argmax())] == best


def test_case_width_and_endings_matter_little():
    one, two, other = HashedEmbeddings().embed_documents(["Ｂｒｉｄｇｅｓ", "bridge", "tunnel"])
    assert np.dot(one, two) > 0.3
    assert abs(np.dot(one, other)) < 0.1


def test_scripts_without_spaces_are_found_by_pieces():
    scores = similarities(
        HashedEmbeddings(), "東京都の人口", ["東京都の人口は約1400万人です", "大阪の天気は晴れです"]
    )
    assert scores[0] > scores[1]


def test_vectors_have_length_one_and_an_empty_text_has_none():
    word, nothing = HashedEmbeddings(64).embed_documents(["word", " \n"])
    assert np.linalg.norm(word) == pytest.approx(1)
    assert nothing == [0.0] * 64
    assert similarities(HashedEmbeddings(), " ", ["word"]).tolist() == [0.0]
    assert similarities(HashedEmbeddings(), "word", []).shape == (0,)


def test_another_process_makes_the_same_vectors():
    code = (
        "from smoothread_agent.memory.embedding import *; print(HashedEmbeddings(8).embed_query('a bridge'))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(HashedEmbeddings(8).embed_query("a bridge"))


def test_embeddings_are_told_apart_by_what_they_say_of_themselves():
    class Users:
        model = "small"

    class Large(Users):
        model = "large"

    assert identity(HashedEmbeddings(64)) != identity(HashedEmbeddings(128))
    assert identity(Users()) != identity(Large())
