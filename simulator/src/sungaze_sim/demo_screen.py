"""What a person sees of the demo: a live table on a terminal, plain lines anywhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_ROWS = (
    ("sun on the roof", "pv_power_w", "W"),
    ("house uses", "load_power_w", "W"),
    ("battery (+ charging)", "battery_power_w", "W"),
    ("battery level", "battery_soc_pct", "%"),
    ("grid (+ exporting)", "export_power_w", "W"),
    ("PV yield today", "pv_daily_kwh", "kWh"),
)
_METER_ROWS = (
    ("grid meter (+ importing)", "power_w", "W"),
    ("taken from the grid", "energy_import_kwh", "kWh"),
    ("given to the grid", "energy_export_kwh", "kWh"),
    ("the month's peak", "monthly_power_peak_w", "W"),
)
_EVENTS_SHOWN = 8


@dataclass(slots=True)
class View:
    """Everything the screen shows at one moment."""

    device: str = ""
    house_time: str = ""
    inverter_up: bool = True
    meter_up: bool = True
    server_up: bool = False
    house: Mapping[str, float | str | None] = field(default_factory=dict)
    arrived: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, float | str | None] = field(default_factory=dict)
    grid_time: str = ""
    grid_arrived: Mapping[str, Any] = field(default_factory=dict)
    quarter: Mapping[str, Any] = field(default_factory=dict)
    """The running quarter of an hour, as the server tells it."""
    polled: int = 0
    spooled: int = 0
    stored: int = 0

    def counts(self) -> str:
        """Say where the readings are."""
        return f"handed out {self.polled}   waiting in the spool {self.spooled}   stored {self.stored}"


class Screen:
    """Shows views and events; `with` it."""

    def __init__(self, console: Console | None = None) -> None:
        """Draw on a console, by default on the terminal."""
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._events: list[str] = []
        self._last_counts = ""
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last picture where it is."""
        if self._live:
            self._live.stop()

    def print(self, lines: Sequence[str]) -> None:
        """Print lines that stay above the picture."""
        self.console.print("\n".join(lines), markup=False)

    def event(self, second: float, text: str) -> None:
        """Tell that something happened."""
        self._events.append(f"{second:5.1f} s  {text}")
        if not self._live:
            self.console.print(self._events[-1])

    def show(self, second: float, view: View) -> None:
        """Draw a view; without a terminal, say so when the counts have changed."""
        if self._live:
            self._live.update(self._picture(view), refresh=True)
        elif view.counts() != self._last_counts:
            self._last_counts = view.counts()
            self.console.print(f"{second:5.1f} s  {self._last_counts}")

    def _picture(self, view: View) -> Group:
        table = Table(box=None, pad_edge=False)
        table.add_column("")
        table.add_column(f"inverter: {view.device}", justify="right", style="yellow")
        table.add_column("server: /v1/realtime", justify="right", style="green")
        table.add_row("time", view.house_time, str(view.arrived.get("ts", "")), style="dim")
        for label, name, unit in _ROWS:
            table.add_row(label, _shown(view.house.get(name), unit), _shown(view.arrived.get(name), unit))
        table.add_row("time at the grid meter", view.grid_time, str(view.grid_arrived.get("ts", "")), style="dim")
        for label, name, unit in _METER_ROWS:
            table.add_row(label, _shown(view.grid.get(name), unit), _shown(view.grid_arrived.get(name), unit))
        lamps = (
            *("inverter ", _lamp(view.inverter_up)),
            *("   meter ", _lamp(view.meter_up)),
            *("   server ", _lamp(view.server_up)),
        )
        state = Text.assemble(*lamps, f"\n{view.counts()}")
        events = Text("\n".join(self._events[-_EVENTS_SHOWN:]))
        return Group(Panel(table, title="Sungaze", expand=False), _running_quarter(view.quarter), state, "", events)


def _running_quarter(quarter: Mapping[str, Any]) -> Text:
    """Say how the quarter of an hour stands on which a Belgian bill depends."""
    if not quarter:
        return Text("this quarter: not known yet", style="dim")
    until = f"this quarter, until {str(quarter.get('ends', ''))[11:16]} UTC: "
    so_far_w = quarter.get("so_far_w")
    if so_far_w is None:  # nobody was there when it began
        by_meter = _watts(quarter.get("meter_average_w"))
        return Text(f"{until}{by_meter} so far by the meter's own account; a forecast comes with the next one")
    forecast, free = _watts(quarter.get("forecast_w")), _watts(quarter.get("free_w"))
    return Text(f"{until}{_watts(so_far_w)} so far, {forecast} expected, {free} free")


def _watts(value: object) -> str:
    return f"{value:.0f} W" if isinstance(value, int | float) else "-"


def _lamp(up: bool) -> tuple[str, str]:  # noqa: FBT001 - reads well where it is called
    return ("up", "green") if up else ("DOWN", "bold red")


def _shown(value: object, unit: str) -> str:
    return f"{value:g} {unit}" if isinstance(value, int | float) else "-"
