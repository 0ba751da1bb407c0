"""`sungaze-edge check`: may the files be written, does each device answer, does the server take the token?

With what to do where not.
"""

import asyncio
from collections.abc import Callable

from sungaze_edge.clock import Clock
from sungaze_edge.config import Config, ConfiguredSource
from sungaze_edge.errors import DeliveryError, SourceError, SourceUnavailableError
from sungaze_edge.log import sentence
from sungaze_edge.places import RUNNING, health_mistake, is_spool_in_use, spool_mistake
from sungaze_edge.server import Server

_OK = 200


async def check(config: Config, clock: Clock, say: Callable[[str], object]) -> bool:
    """Reach each device and the server once; give whether all is well."""
    say("settings: good")
    if is_spool_in_use(config.spool_path):  # a WiNet-S stands no second connection
        say(f"devices: {RUNNING}")
        verdicts = [False]
    else:
        verdicts = [_check_places(config, say)]
        verdicts += [await _check_source(source, clock, config.read_timeout_s, say) for source in config.sources]
    return all([*verdicts, await _check_server(config, clock, say)])


def _check_places(config: Config, say: Callable[[str], object]) -> bool:
    mistakes = [spool_mistake(config.spool_path), health_mistake(config.health_path)]
    for mistake in filter(None, mistakes):
        say(mistake)
    return not any(mistakes)


async def _check_source(
    configured: ConfiguredSource, clock: Clock, timeout_s: float, say: Callable[[str], object]
) -> bool:
    source = configured.type.open(configured.values, clock.known)
    try:
        async with asyncio.timeout(timeout_s):
            values = await source.read()
    except (SourceUnavailableError, TimeoutError) as error:
        reason = str(error) or "no answer in time"
        say(f"{source.device_id}: {sentence(reason)} Check {configured.type.host_variable} and the network.")
        return False
    except SourceError as error:  # it was reached; the reason says what to do
        say(f"{source.device_id}: {sentence(str(error))}")
        return False
    finally:
        await source.close()
    shown = ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)
    say(f"{source.device_id}: {shown}")
    if source.about:
        say(f"{source.device_id}: {source.about}")
    return True


async def _check_server(config: Config, clock: Clock, say: Callable[[str], object]) -> bool:
    try:
        async with Server(config.ingest_url, config.device_token, config.ca_file, clock) as server:
            answer = await server.devices()
    except DeliveryError as error:
        say(f"server: {sentence(str(error))} Check VPS_INGEST_URL, the network, and that the server runs.")
        return False
    if answer.status in (401, 403):
        say(f"server: it refuses the token (status {answer.status}). Check VPS_DEVICE_TOKEN; DEVICE_TOKENS there.")
        return False
    devices = (answer.document or {}).get("devices")
    if answer.status != _OK or not isinstance(devices, list):
        say(f"server: no Sungaze server is at {config.ingest_url} (status {answer.status}). Check VPS_INGEST_URL.")
        return False
    return _is_token_for(config, [device.get("device_id") for device in devices if isinstance(device, dict)], say)


def _is_token_for(config: Config, known: list[object], say: Callable[[str], object]) -> bool:
    strangers = [source.device_id for source in config.sources if source.device_id not in known]
    if strangers:
        names = {source.type.device_id_variable for source in config.sources if source.device_id in strangers}
        advice = f"Set {' and '.join(sorted(filter(None, names))) or 'its name'}, or DEVICE_TOKENS on the server."
        say(f"server: the token is not for {', '.join(strangers)}. {advice}")
        return False
    say("server: reached, and the token is good")
    return True
