import io

from sungaze_vps.cli import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_with_rate_and_remaining_time_on_one_line(monkeypatch):
    seconds = iter((0.0, 0.1, 10.0, 100.0))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    out = Terminal()
    bar = progress.Progress("restore", out)
    bar(1, 0.001)  # too soon to be worth a line
    bar(50_000, 0.1)
    bar.end()
    first, last = out.getvalue().removeprefix("\r").split("\r")
    assert first == "restore [##......................]  10% 50,000 readings, 5,000/s, 1 min 30 s left\x1b[K"
    assert last == "restore [########################] 100% 50,000 readings, 500/s in 1 min 40 s\x1b[K\n"


def test_elsewhere_there_is_a_plain_line_now_and_then(monkeypatch):
    seconds = iter((0.0, 29.0, 7200.0, 7300.0))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    out = io.StringIO()
    bar = progress.Progress("backup", out)
    bar(1, 0.0)
    bar(720_000, 0.5)
    bar.end()
    assert out.getvalue().splitlines() == [
        "backup  50% 720,000 readings, 100/s, 2 h 0 min left",
        "backup 100% 720,000 readings, 99/s in 2 h 1 min",
    ]
