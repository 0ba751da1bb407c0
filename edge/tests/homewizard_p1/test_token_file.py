import os
import stat

import pytest

from sungaze_edge.errors import SourceUnusableError
from sungaze_edge.sources.homewizard_p1 import token_file
from sungaze_edge.sources.homewizard_p1.token_file import Stored

TOKEN = "0123456789ABCDEF0123456789ABCDEF"
STORED = Stored("5c2fafaabbcc", TOKEN, "local/sungaze-pi")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p1_token.json"


def save(path, stored=STORED):
    with token_file.rewriting(path) as write:
        write(stored)


def test_what_is_saved_is_found_again_and_nobody_else_may_read_it(path):
    save(path)
    assert token_file.load(path) == STORED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not token_file.is_open_to_others(path)
    assert list(path.parent.iterdir()) == [path]


def test_it_is_private_from_its_first_moment_even_where_files_are_usually_not(path):
    before = os.umask(0)
    try:
        with token_file.rewriting(path):
            (draft,) = path.parent.iterdir()
            assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    assert list(path.parent.iterdir()) == [], "nothing was saved, nothing is left"


def test_a_broken_off_pairing_leaves_the_old_file(path):
    save(path)
    with pytest.raises(KeyboardInterrupt), token_file.rewriting(path):
        raise KeyboardInterrupt
    assert token_file.load(path) == STORED


@pytest.mark.parametrize("name", ["missing/p1_token.json", "file/p1_token.json"])
def test_a_place_that_cannot_be_written_is_told_before_anything_happens(tmp_path, name):
    (tmp_path / "file").touch()
    with (
        pytest.raises(SourceUnusableError, match="set HW_P1_TOKEN_FILE to another place"),
        token_file.rewriting(tmp_path / name),
    ):
        pytest.fail("never gets here")


def test_no_file_holds_nothing(path):
    assert token_file.load(path) == Stored()
    assert not token_file.is_open_to_others(path)


def test_a_serial_number_alone_and_a_bare_token_are_good(path):
    path.write_text('{"serial": "5c2fafaabbcc"}')
    assert token_file.load(path) == Stored("5c2fafaabbcc")
    path.write_text(TOKEN + "\n")
    assert token_file.load(path) == Stored(token=TOKEN)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "{", '{"token": 5}', '{"token": "two words"}', '{"serial": "../x", "token": "A"}', "two words"],
)
def test_nonsense_is_refused_with_what_to_do(path, content):
    path.write_text(content)
    with pytest.raises(SourceUnusableError, match="run 'sungaze-edge pair --again'"):
        token_file.load(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_told(path, content):
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(SourceUnusableError, match="cannot be read"):
        token_file.load(path)


def test_a_file_that_others_may_read_is_noticed(path):
    save(path)
    path.chmod(0o640)
    assert token_file.is_open_to_others(path)


def test_a_folder_is_no_token_file_to_take_rights_from(path):
    path.mkdir(mode=0o755)
    assert not token_file.is_open_to_others(path)


def test_the_token_is_in_no_representation():
    assert TOKEN not in repr(STORED)
