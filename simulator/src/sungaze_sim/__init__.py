"""Devices that never were: a WiNet-S dongle and a P1 meter, and the living house behind them."""
