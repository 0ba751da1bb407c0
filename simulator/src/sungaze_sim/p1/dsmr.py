"""A telegram as the meter itself writes it on the P1 port (e-MUCS-P1 in Belgium, DSMR 5 in the Netherlands)."""

from collections.abc import Iterator
from datetime import datetime

from sungaze_sim.p1.telegram import BRUSSELS, Telegram


def dsmr_text(telegram: Telegram) -> str:
    """Write the telegram: CR/LF lines from the slash to the checksum."""
    header = "/KFM5KAIFA-METER" if telegram.dutch else "/FLU5\\253769484_A"
    body = "".join(f"{line}\r\n" for line in (header, "", *_lines(telegram))) + "!"
    return f"{body}{crc16(body.encode('ascii')):04X}\r\n"


def crc16(data: bytes) -> int:
    """Give the checksum over everything from the slash to the exclamation mark (polynomial A001, from 0)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _lines(telegram: Telegram) -> Iterator[str]:
    yield "1-3:0.2.8(50)" if telegram.dutch else "0-0:96.1.4(50217)"
    yield f"0-0:96.1.1({telegram.unique_id})"
    yield f"0-0:1.0.0({_time(telegram.at)})"
    for direction, counters_wh in ((1, telegram.import_wh), (2, telegram.export_wh)):
        for tariff, counted_wh in enumerate(counters_wh, 1):
            yield f"1-0:{direction}.8.{tariff}({counted_wh / 1000:010.3f}*kWh)"
    yield f"0-0:96.14.0({telegram.tariff:04d})"
    yield from _demand_lines(telegram)
    yield f"1-0:1.7.0({_kw(max(telegram.power_w, 0))})"
    yield f"1-0:2.7.0({_kw(max(-telegram.power_w, 0))})"
    for number, phase in enumerate(telegram.phases, 1):
        yield f"1-0:{20 * number + 1}.7.0({_kw(max(phase.power_w, 0))})"
        yield f"1-0:{20 * number + 2}.7.0({_kw(max(-phase.power_w, 0))})"
        yield f"1-0:{20 * number + 12}.7.0({phase.voltage_v:05.1f}*V)"
        yield f"1-0:{20 * number + 11}.7.0({abs(phase.current_a):06.2f}*A)"
    yield "0-1:24.1.0(003)"
    volume = "1" if telegram.dutch else "3"  # 24.2.3: not corrected for temperature
    yield f"0-1:24.2.{volume}({_time(telegram.gas_at)})({telegram.gas_m3:09.3f}*m3)"


def _demand_lines(telegram: Telegram) -> Iterator[str]:
    if telegram.average_w is not None:
        yield f"1-0:1.4.0({_kw(telegram.average_w)})"
    if telegram.peak is not None:
        yield f"1-0:1.6.0({_time(telegram.peak.at)})({_kw(telegram.peak.power_w)})"
    if telegram.past_peaks:
        entries = (f"({_time(end)})({_time(peak.at)})({_kw(peak.power_w)})" for end, peak in telegram.past_peaks)
        yield f"0-0:98.1.0({len(telegram.past_peaks)})(1-0:1.6.0)(1-0:1.6.0)" + "".join(entries)


def _kw(power_w: int) -> str:
    return f"{power_w / 1000:06.3f}*kW"


def _time(moment: datetime) -> str:
    local = moment.astimezone(BRUSSELS)
    return local.strftime("%y%m%d%H%M%S") + ("S" if local.dst() else "W")
