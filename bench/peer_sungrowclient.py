"""Runs in an environment of its own: SungrowClient in a loop that posts each reading, as simply as it is used.

It keeps no reading that could not be posted; the client itself holds the newest one only. On standard output the
Unix time of each reading that was taken.
"""

import json
import sys
import time
import urllib.request

from SungrowClient.SungrowClient import SungrowClient

INTERVAL_S = 5


def main(modbus_port: int, sink_port: int, registers: dict[str, list[dict[str, object]]]) -> None:
    client = SungrowClient(
        {
            "host": "127.0.0.1",
            "port": modbus_port,
            "timeout": 10,
            "retries": 3,
            "model": "SH4.0RS",
            "serial_number": "-",
            "level": 1,
            "scan_interval": INTERVAL_S,
            "smart_meter": False,
            "connection": "modbus",
            "slave": 1,
        }
    )
    client.connect()
    client.configure_registers(registers)
    due = time.monotonic()
    while True:
        client.checkConnection()
        if client.scrape():
            taken = time.time()
            print(taken, flush=True)
            post(sink_port, json.dumps({"taken": taken, **client.latest_scrape}).encode())
        due += INTERVAL_S
        time.sleep(max(0.0, due - time.monotonic()))


def post(port: int, body: bytes) -> None:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", body, timeout=5).close()
    except OSError as error:
        print(f"lost: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
