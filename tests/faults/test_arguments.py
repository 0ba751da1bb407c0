import pytest

from faults import soak


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "soon"])
def test_a_length_that_is_none_is_refused_in_words(hours, capsys):
    with pytest.raises(SystemExit, match="2"):
        soak.main([f"--hours={hours}"])
    assert f"{hours!r} is not a number above 0" in capsys.readouterr().err
