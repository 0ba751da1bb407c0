"""Write a house into the registers of an inverter.

An encoder of its own, made from the vendor's document (V1.1.15) and from recordings. It shares nothing with the decoder
on the edge, which is judged by it.
"""

from datetime import datetime

from sungaze_sim.image import Image
from sungaze_sim.profile import Firmware, Path, Profile
from sungaze_sim.state import Running, State

_NONE_16 = 0xFFFF
_NONE_S32 = 0x7FFFFFFF
_RUNNING_CODES = {
    Path.WINET: {Running.RUNNING: 0x0000, Running.STARTING: 0x1600, Running.STANDBY: 0x1400},
    Path.LAN: {Running.RUNNING: 0x0040, Running.STARTING: 0x0020, Running.STANDBY: 0x0008},
}
_ARM_VERSIONS = {
    Firmware.SIGNED: "SAPPHIRE-H_01011.95.06",
    Firmware.MAGNITUDE: "SAPPHIRE-H_01011.95.01",
    Firmware.STUCK: "SAPPHIRE-H_01011.95.02",
}
_DSP_VERSION = "SAPPHIRE-H_03011.95.06"


def input_words(state: State, profile: Profile) -> dict[int, int]:
    """Give the input registers (function 4) that this installation serves, by wire address."""
    image = Image()
    _identity(image, profile)
    _inverter(image, state, profile)
    _strings(image, state, profile)
    _meter(image, state, profile)
    _limits(image, profile)
    _status(image, state, profile)
    _energy(image, state, profile)
    _battery(image, state, profile)
    _newer(image, state, profile)
    return image.words


def holding_words(inverter_clock: datetime, profile: Profile) -> dict[int, int]:
    """Give the holding registers (function 3) by wire address; `inverter_clock` is the device's own time."""
    image = Image()
    clock, rated_w = inverter_clock, profile.model.rated_w
    image.put(5000, clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second)
    image.put(5006, 0xCF, 0xAA, 1000)
    image.put(13000, 0xCF)
    image.put(13002, 3)
    image.put(13011, 0x55)
    image.put(13050, 0, 0xCC, 0)  # self-consumption, no forced charging
    image.put(13058, 1000, 50 if profile.battery else 0)
    image.put(13074, rated_w, 0x55)
    image.put(13080, 0)
    image.put(13086, 0xAA, 0x55)
    image.put(13100, 0)
    image.put(33047, rated_w // 10, rated_w // 10)
    return image.words


def published(state: State, profile: Profile) -> dict[str, float | None]:
    """Give what those registers truly say, by the names of a reading; None for what the installation does not have.

    Battery power is charging-positive even where the firmware does not publish the sign.
    """
    totals, battery, meter = state.totals, profile.battery, profile.meter
    return {
        "pv_power_w": state.pv_power_w,
        "load_power_w": state.load_power_w if meter else None,
        "export_power_w": state.export_power_w if meter else None,
        "battery_power_w": state.battery_power_w if battery else None,
        "battery_soc_pct": state.battery_soc_pct if battery else None,
        "battery_temp_c": state.battery_temp_c if battery else None,
        "inverter_power_w": state.inverter_power_w,
        "phase_a_voltage_v": state.grid_voltage_v,
        "pv_daily_kwh": _counted(state.today.pv) / 10,
        "pv_total_kwh": _counted(totals.pv) / 10,
        "import_total_kwh": _counted(totals.imported) / 10 if meter else None,
        "export_total_kwh": _counted(totals.exported) / 10 if meter else None,
        "battery_charge_total_kwh": _counted(totals.charged) / 10 if battery else None,
        "battery_discharge_total_kwh": _counted(totals.discharged) / 10 if battery else None,
    }


def _tenths(value: float) -> int:
    return round(10 * value)


def _counted(kwh: float) -> int:
    """Count the tenths of a kWh that are complete; a counter shows no others."""
    return int(10 * kwh + 1e-6)


def _identity(image: Image, profile: Profile) -> None:
    model = profile.model
    if profile.path is Path.WINET:
        image.put(4950, 0x3130, 0x4141, 0x0500, 0x0100)  # the dongle's own data, no protocol version
    else:
        image.put(4950, 0x3000, 0x4142)
        image.put32(4952, 0x01011100)
    image.text(4954, _ARM_VERSIONS[profile.firmware], 15)
    image.text(4969, _DSP_VERSION, 15)
    image.text(4990, profile.serial_number, 10)
    image.put(5000, model.type_code, model.rated_w // 100, 1 if model.phases == 3 else 0)


def _inverter(image: Image, state: State, profile: Profile) -> None:
    volts, phases = _tenths(state.grid_voltage_v), profile.model.phases
    image.put(5003, _counted(state.today.output))
    image.put32(5004, _counted(state.totals.output))
    image.put(5008, _tenths(state.inverter_temp_c))
    image.put(5019, volts, volts + 7 if phases == 3 else 0, volts - 4 if phases == 3 else 0)
    image.put32(5033, 0)
    image.put(5035, 1000 if state.running is Running.RUNNING else 0)
    image.put(5036, round(state.grid_frequency_hz * (100 if profile.path is Path.WINET else 10)))
    amps = _tenths(abs(state.inverter_power_w) / phases / state.grid_voltage_v)
    image.put(13031, amps, amps if phases == 3 else 0, amps if phases == 3 else 0)
    image.put32(13034, state.inverter_power_w)


def _strings(image: Image, state: State, profile: Profile) -> None:
    """Write the DC side. Trackers that a model lacks are marked on the LAN and not there at all over WiNet-S."""
    first, second = state.string_power_w
    trackers = profile.model.trackers
    if trackers == 2:
        powers_w = [first, second]
    elif trackers == 3:
        powers_w = [first // 2, first - first // 2, second]
    else:
        powers_w = [first // 2, first - first // 2, second // 2, second - second // 2]
    for number, power_w in zip((5011, 5013, 5015, 5115), powers_w, strict=False):
        volts = 320 + power_w / 40 if power_w else 0.0
        image.put(number, _tenths(volts), _tenths(power_w / volts) if volts else 0)
    if profile.path is Path.LAN:
        for number in (5015, 5115)[trackers - 2 :]:
            image.put(number, _NONE_16, _NONE_16)
    image.put32(5017, state.pv_power_w)


def _meter(image: Image, state: State, profile: Profile) -> None:
    """Write the grid. Without a meter 5601 is marked on the LAN and 0 over WiNet-S; load and export are 0 on both."""
    lan, import_w = profile.path is Path.LAN, -state.export_power_w
    phases_w = [import_w, 0, 0]
    if profile.model.phases == 3:
        phases_w = [import_w // 3, import_w // 3, import_w - 2 * (import_w // 3)]
    readings_w = [import_w, *phases_w] if profile.meter else [_NONE_S32 if lan else 0] * 4
    for index, power_w in enumerate(readings_w):
        image.put32(5601 + 2 * index, power_w)
    image.put32(13008, state.load_power_w if profile.meter else 0)
    image.put32(13010, state.export_power_w if profile.meter else 0)


def _limits(image: Image, profile: Profile) -> None:
    rated_w = profile.model.rated_w
    image.put(5622, 0, rated_w // 10)
    image.put(5628, rated_w // 100)
    amps = 30 if profile.battery else 0
    image.put(5635, amps, amps)
    if profile.path is Path.LAN:
        image.put(5071, 1000)


def _status(image: Image, state: State, profile: Profile) -> None:
    battery_w = state.battery_power_w
    export_w = state.export_power_w if profile.meter else 0
    flags = (
        state.pv_power_w > 0,
        battery_w > 0,
        battery_w < 0,
        profile.meter,
        export_w > 0,
        export_w < 0,
    )
    bits = sum(1 << index for index, flag in enumerate(flags) if flag)
    image.put(13000, _RUNNING_CODES[profile.path][state.running])
    image.put(13001, 0 if profile.firmware is Firmware.STUCK else bits)
    image.put(13043, 255)  # no DRM in Europe
    image.fill(13050, 13078, 0)
    if profile.path is Path.WINET:
        image.fill(13066, 13069, _NONE_16)


def _energy(image: Image, state: State, profile: Profile) -> None:
    today, totals, meter = state.today, state.totals, profile.meter
    image.put(13002, _counted(today.pv))
    image.put32(13003, _counted(totals.pv))
    image.put(13005, _counted(today.exported) if meter else 0)
    image.put32(13006, _counted(totals.exported) if meter else 0)
    image.put(13012, _counted(today.charged))  # this house never charges from the grid
    image.put32(13013, _counted(totals.charged))
    direct_today = max(today.pv - today.charged - today.exported, 0)
    image.put32(13015, 0)
    image.put(13017, _counted(direct_today) if meter else 0)
    image.put32(13018, _counted(totals.pv - totals.charged - totals.exported) if meter else 0)
    image.put(13026, _counted(today.discharged))
    image.put32(13027, _counted(totals.discharged))
    self_used = (today.pv - today.exported) / today.pv if today.pv else 1
    image.put(13029, round(1000 * min(max(self_used, 0), 1)) if meter else 0, _NONE_16)
    image.put(13036, _counted(today.imported) if meter else 0)
    image.put32(13037, _counted(totals.imported) if meter else 0)
    image.put(13040, _counted(today.charged))
    image.put32(13041, _counted(totals.charged))
    image.put(13045, _counted(today.exported) if meter else 0)
    image.put32(13046, _counted(totals.exported) if meter else 0)


def _battery(image: Image, state: State, profile: Profile) -> None:
    """Write the battery; an inverter without one shows zeros everywhere."""
    if not profile.battery:
        image.put(13020, 0, 0, 0, 0, 0, 0)
        image.put(13039, 0)
        return
    current, power_w = _battery_flow(state, profile)
    image.put(13020, _tenths(_battery_voltage_v(state)), current, power_w)
    image.put(13023, _tenths(state.battery_soc_pct), 985, _tenths(state.battery_temp_c))
    capacity_kwh = profile.house_spec().battery_capacity_kwh
    image.put(13039, round(capacity_kwh * (100 if profile.path is Path.WINET else 10)))


def _newer(image: Image, state: State, profile: Profile) -> None:
    """Write what older firmware does not have over WiNet-S, and what the LAN always has."""
    if profile.firmware is Firmware.STUCK or (profile.path, profile.firmware) == (Path.WINET, Firmware.MAGNITUDE):
        return
    image.put32(5214, -state.battery_power_w)  # negative = charging, whatever the other registers do
    image.put(5242, round(100 * state.grid_frequency_hz))
    battery = profile.battery
    image.put(5630, _tenths(_battery_voltage_v(state)) if battery else 0)
    image.put(5631, _battery_flow(state, profile)[0] if battery else 0)
    image.put(5639, round(100 * profile.house_spec().battery_capacity_kwh))


def _battery_voltage_v(state: State) -> float:
    return 185 + 0.16 * state.battery_soc_pct + state.battery_power_w / 1500


def _battery_flow(state: State, profile: Profile) -> tuple[int, int]:
    """Give current (0.1 A) and power (W) as the firmware writes them: negative = charging, or without a sign."""
    power_w = -state.battery_power_w
    current = _tenths(power_w / _battery_voltage_v(state))
    return (current, power_w) if profile.firmware is Firmware.SIGNED else (abs(current), abs(power_w))
