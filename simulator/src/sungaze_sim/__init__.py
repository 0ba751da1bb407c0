"""Devices that never were: a WiNet-S dongle and the living house behind it."""
