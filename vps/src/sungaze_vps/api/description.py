"""The OpenAPI description, with the parts that come from the measurements rather than from Python types."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sungaze_vps.api.problems import PROBLEM_SCHEMA
from sungaze_vps.services.sample_types import ingest_schemas

API_VERSION = "1.0.0"
_DESCRIPTION = """Energy readings of homes: stored without loss, rolled up, served.

Times are RFC 3339 in UTC with milliseconds and say when a device was read. `null` means that the device does not have a
value. `battery_power_w` > 0 charges, `export_power_w` > 0 exports. Errors are RFC 9457 problems."""
_EXAMPLE = {
    "samples": [
        {
            "device_id": "home",
            "kind": "sungrow",
            "ts": "2026-06-21T10:00:05.000Z",
            "pv_power_w": 2500,
            "battery_power_w": 1500,
            "battery_soc_pct": 45.5,
            "load_power_w": 800,
            "export_power_w": 200,
        }
    ]
}


def describe(app: FastAPI) -> None:
    """Replace the app's own description, made once when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _openapi(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=API_VERSION, description=_DESCRIPTION, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    found = app.state.measurements.values()
    schemas |= ingest_schemas(found, app.state.config.max_samples)
    schemas["IngestBody"]["examples"] = [_EXAMPLE]
    schemas["Sample"] = {"anyOf": [{"$ref": f"#/components/schemas/{m.kind.title()}Sample"} for m in found]}
    schemas["Problem"] = PROBLEM_SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document
