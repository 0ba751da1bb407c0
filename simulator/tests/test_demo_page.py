"""How one gets from the terminal to the dashboard."""

from sungaze_sim.demo_page import Page


def test_a_page_that_was_built_is_served_and_its_address_and_token_are_shown(tmp_path):
    (tmp_path / "index.html").touch()
    page = Page(tmp_path)
    hints = page.hints(8080)
    assert any("http://127.0.0.1:8080/dashboard/" in line for line in hints)
    assert page.token in hints, "on a line of its own, to be copied"
    assert len(page.token) >= 16
    assert page.api_settings() == {
        "READ_TOKENS": f"{page.token}:home,{page.token}:p1",
        "DASHBOARD_DIR": str(tmp_path),
    }
    assert all(len(line) <= 80 for line in hints)


def test_without_one_a_person_is_told_how_to_get_it(tmp_path):
    page = Page(tmp_path)
    [told, _] = page.hints(8080)
    assert "make dashboard" in told
    assert "DASHBOARD_DIR" not in page.api_settings()
