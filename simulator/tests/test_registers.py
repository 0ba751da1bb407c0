"""The encoder against the vendor's tables, told by hand: documented numbers, low word first."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sungaze_sim.house import House
from sungaze_sim.profile import MODELS, Firmware, Path, Profile
from sungaze_sim.registers import holding_words, input_words, published
from sungaze_sim.state import Running

NOON = datetime(2026, 5, 14, 11, 0, tzinfo=UTC)
STATE = House(NOON).at(NOON)
CHARGING = replace(STATE, string_power_w=(1500, 1600), load_power_w=400, battery_power_w=2000)
DISCHARGING = replace(STATE, string_power_w=(100, 49), load_power_w=2080, battery_power_w=-1920)


class Registers:
    def __init__(self, state, **profile):
        self.words = input_words(state, Profile(**profile))

    def __contains__(self, number):
        return number - 1 in self.words

    def u16(self, number):
        return self.words[number - 1]

    def s16(self, number):
        word = self.words[number - 1]
        return word - 0x10000 if word & 0x8000 else word

    def u32(self, number):
        return self.words[number] << 16 | self.words[number - 1]

    def s32(self, number):
        value = self.u32(number)
        return value - (1 << 32) if value >> 31 else value

    def text(self, number, count):
        return b"".join(self.words[number - 1 + index].to_bytes(2, "big") for index in range(count)).rstrip(b"\0")


def test_all_words_are_words():
    for model in MODELS.values():
        for path in Path:
            for firmware in Firmware:
                words = input_words(DISCHARGING, Profile(model=model, path=path, firmware=firmware))
                assert all(0 <= word <= 0xFFFF for word in words.values())


def test_identity_is_where_the_vendor_puts_it():
    registers = Registers(STATE)
    assert registers.u16(5000) == 0xD18
    assert registers.u16(5001) == 40
    assert registers.u16(5002) == 0
    assert registers.text(4990, 10) == b"A2240100042"
    assert Registers(STATE, model=MODELS["SH8.0RT-20"]).u16(5002) == 1


def test_powers_carry_the_signs_of_the_vendor():
    registers = Registers(CHARGING)
    assert registers.u32(5017) == 3100
    assert registers.s32(13008) == 400
    assert registers.s32(13010) == 700
    assert registers.s32(5601) == -700
    assert registers.s32(13034) == 1100


def test_a_day_of_balance_holds_in_the_registers():
    for state in (CHARGING, DISCHARGING):
        registers = Registers(state, firmware=Firmware.STUCK)
        assert registers.s32(13008) == registers.s32(13034) - registers.s32(13010)
        assert abs(registers.s32(13034) - registers.s32(5017)) == registers.s16(13022)


def test_signed_firmware_writes_charging_as_negative():
    registers = Registers(CHARGING, firmware=Firmware.SIGNED)
    assert (registers.s16(13022), registers.s32(5214)) == (-2000, -2000)
    assert registers.s16(13021) < 0
    assert Registers(DISCHARGING, firmware=Firmware.SIGNED).s16(13022) == 1920


def test_older_firmware_leaves_the_direction_to_the_bits():
    charging, discharging = (Registers(state, firmware=Firmware.MAGNITUDE) for state in (CHARGING, DISCHARGING))
    assert (charging.s16(13022), charging.u16(13001) & 6) == (2000, 2)
    assert (discharging.s16(13022), discharging.u16(13001) & 6) == (1920, 4)
    assert charging.u16(13001) == 0b011011
    assert discharging.u16(13001) == 0b101101
    assert 5214 not in charging
    assert Registers(CHARGING, firmware=Firmware.MAGNITUDE, path=Path.LAN).s32(5214) == -2000


def test_stuck_firmware_says_nothing_of_the_direction():
    registers = Registers(CHARGING, firmware=Firmware.STUCK)
    assert (registers.s16(13022), registers.u16(13001)) == (2000, 0)
    assert registers.s16(13021) > 0
    assert 5214 not in registers


def test_scales_and_codes_depend_on_the_path():
    winet, lan = Registers(STATE, path=Path.WINET), Registers(STATE, path=Path.LAN)
    assert 4990 < winet.u16(5036) < 5010
    assert 499 <= lan.u16(5036) <= 501
    assert (winet.u16(13039), lan.u16(13039)) == (960, 96)
    assert (winet.u16(13000), lan.u16(13000)) == (0x0000, 0x0040)
    asleep = replace(STATE, running=Running.STANDBY)
    assert (Registers(asleep).u16(13000), Registers(asleep, path=Path.LAN).u16(13000)) == (0x1400, 0x0008)
    assert (winet.u16(4950), winet.u16(4951)) == (0x3130, 0x4141)
    assert (5071 in winet, 5071 in lan) == (False, True)


def test_missing_trackers_are_marked_on_the_lan_and_absent_over_winet():
    lan, winet = Registers(STATE, path=Path.LAN), Registers(STATE)
    assert [lan.u16(number) for number in (5015, 5016, 5115, 5116)] == [0xFFFF] * 4
    assert not any(number in winet for number in (5015, 5016, 5115, 5116))
    three, four = Registers(CHARGING, model=MODELS["SH15T"]), Registers(CHARGING, model=MODELS["SH10RS"])
    assert three.u16(5015) > 0
    assert 5115 not in three
    assert four.u16(5115) > 0
    volt_amps = sum(four.u16(number) * four.u16(number + 1) / 100 for number in (5011, 5013, 5015, 5115))
    assert volt_amps == pytest.approx(3100, rel=0.02)


def test_without_a_battery_all_of_it_is_zero():
    asleep = replace(STATE, battery_power_w=0, battery_soc_pct=0.0)
    registers = Registers(asleep, battery=False)
    assert [registers.u16(number) for number in range(13020, 13026)] == [0] * 6
    truth = published(asleep, Profile(battery=False))
    assert truth["battery_power_w"] is truth["battery_soc_pct"] is truth["battery_charge_total_kwh"] is None


def test_without_a_meter_lan_marks_and_winet_says_zero():
    winet, lan = Registers(STATE, meter=False), Registers(STATE, meter=False, path=Path.LAN)
    assert winet.u32(5601) == 0
    assert lan.u32(5601) == 0x7FFFFFFF
    for registers in (winet, lan):
        assert registers.u32(13008) == registers.u32(13010) == registers.u32(13037) == registers.u32(13046) == 0
    truth = published(STATE, Profile(meter=False))
    assert truth["load_power_w"] is truth["export_power_w"] is truth["import_total_kwh"] is None


def test_counters_fill_their_high_word():
    registers = Registers(STATE)
    assert registers.u16(13004) > 0
    assert registers.u32(13003) == int(STATE.totals.pv * 10)
    truth = published(STATE, Profile())
    assert truth["pv_total_kwh"] == registers.u32(13003) / 10
    assert truth["import_total_kwh"] == registers.u32(13037) / 10
    assert truth["export_total_kwh"] == registers.u32(13046) / 10
    assert truth["battery_charge_total_kwh"] == registers.u32(13041) / 10
    assert truth["battery_discharge_total_kwh"] == registers.u32(13027) / 10
    assert truth["pv_daily_kwh"] == registers.u16(13002) / 10


def test_the_holding_clock_shows_the_inverters_own_time():
    words = holding_words(STATE.inverter_clock, Profile())
    assert [words[address] for address in range(4999, 5005)] == [2026, 5, 14, 12, 0, 0]
