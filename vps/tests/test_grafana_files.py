"""The Grafana dashboard and its container as files: what Grafana needs, and what the rest of the project keeps to."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml

GRAFANA = Path(__file__).parents[2] / "deploy/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards/sungaze.json").read_text(encoding="utf-8"))
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
COLOURS = {
    "Sun": "#f5a524",
    "From the battery": "#17a673",
    "To the battery": "#17a673",
    "From the grid": "#7c5cff",
    "To the grid": "#e0559b",
    "House": "#3b82f6",
}


def test_the_dashboard_has_what_grafana_needs():
    assert DASHBOARD["uid"] == "sungaze"
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD["timezone"] == "browser"
    assert "id" not in DASHBOARD, "the database's own; a file must have none"
    assert max(Counter(panel["id"] for panel in DASHBOARD["panels"]).values()) == 1
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/sungaze.yml").read_text())["datasources"]
    used = [part["datasource"] for panel in PANELS.values() for part in (panel, *panel["targets"])]
    used += [variable["datasource"] for variable in DASHBOARD["templating"]["list"]]
    assert all(one == {"type": source["type"], "uid": source["uid"]} for one in used)


def test_no_two_panels_overlap_and_all_fit_the_grid():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
        down = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
        assert not (across and down), (one, other)


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_a_panel_has_a_unit_and_the_colours_of_the_page(panel):
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    told = {
        override["matcher"]["options"]: found["value"]["fixedColor"]
        for override in panel["fieldConfig"]["overrides"]
        for found in override["properties"]
        if found["id"] == "color"
    }
    if "color" in defaults and panel["title"] in COLOURS:
        told[panel["title"]] = defaults["color"]["fixedColor"]
    assert {name: told[name] for name in told if name in COLOURS} == {
        name: COLOURS[name] for name in told if name in COLOURS
    }


def test_the_container_is_fenced_in_like_the_others_and_reaches_the_database_only():
    grafana = yaml.safe_load((GRAFANA / "docker-compose.grafana.yml").read_text())["services"]["grafana"]
    server = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.vps.yml").read_text())
    for rule in ("cap_drop", "security_opt", "read_only", "logging", "restart"):
        assert grafana[rule] == server["services"]["caddy"][rule]
    assert all(grafana[rule] for rule in ("pids_limit", "mem_limit", "healthcheck"))
    assert "cap_add" not in grafana
    assert [port.rpartition(":3000")[0] for port in grafana["ports"]] == ["127.0.0.1:3000"]
    assert set(grafana["networks"]) == {"grafana", "database"}
    assert server["networks"]["database"]["internal"]
    assert all("PASSWORD" not in name or name.endswith("__FILE") for name in grafana["environment"])
