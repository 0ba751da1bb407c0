"""Sun, clouds and temperature over Belgium: pure functions of a seed and a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, atan2, cos, pi, radians, sin

_DAY_S = 86400
_J2000_UNIX_S = 946728000
_MASK = 2**64 - 1

LATITUDE_RAD = radians(50.85)
LONGITUDE_DEG = 4.35


class Noise:
    """Smooth noise in 0..1 with one fresh value per period, the same for a seed wherever one starts to look."""

    def __init__(self, seed: int, period_s: float) -> None:
        """Prepare noise that wanders on the scale of `period_s`."""
        self._seed = seed
        self._period_s = period_s
        self._index = -1
        self._left = self._right = 0.0

    def at(self, unix_s: float) -> float:
        """Give the value at a time in seconds."""
        position = unix_s / self._period_s
        index = int(position // 1)
        if index != self._index:
            self._index = index
            self._left, self._right = _uniform(self._seed, index), _uniform(self._seed, index + 1)
        part = position - index
        return self._left + (self._right - self._left) * part * part * (3 - 2 * part)


def _uniform(seed: int, index: int) -> float:
    """Hash two integers into 0..1 (the mixing steps of splitmix64)."""
    mixed = (index * 0x9E3779B97F4A7C15 + seed * 0xD1342543DE82EF95) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / 2**53


@dataclass(frozen=True, slots=True)
class Plane:
    """A roof side: its azimuth (clockwise from north), its tilt and the panels on it."""

    azimuth_deg: float
    tilt_deg: float
    peak_w: float


class Weather:
    """What the sky does to a roof."""

    def __init__(self, seed: int) -> None:
        """Make the weather of one seed."""
        self._cover = Noise(seed, 5 * 3600)
        self._clouds = Noise(seed + 1, 900)
        self._wisps = Noise(seed + 2, 75)
        self._mildness = Noise(seed + 3, 2 * _DAY_S)

    def pv_power_w(self, unix_s: float, planes: Sequence[Plane]) -> list[float]:
        """Give what each plane could deliver now, W."""
        elevation, azimuth = sun_position(unix_s)
        if elevation <= 0:
            return [0.0] * len(planes)
        shade = self._shade(unix_s)
        height = sin(elevation)
        # Meinel: direct normal irradiance from the air mass, W/m2.
        direct = 1353 * 0.7 ** ((1 / max(height, 0.02)) ** 0.678)
        diffuse = 0.13 * direct * height * (1 + shade)
        beam = direct * (1 - 0.92 * shade)
        return [plane.peak_w * (beam * _incidence(plane, elevation, azimuth) + diffuse) / 1000 for plane in planes]

    def temperature_c(self, unix_s: float) -> float:
        """Give the air temperature, degC: the season, the hour and what the week brings."""
        season = cos(2 * pi * (unix_s / _DAY_S - 25) / 365.25)
        hour = cos(2 * pi * (unix_s / _DAY_S - 14 / 24))
        return 10.5 - 7.5 * season + 3.5 * hour + 8 * (self._mildness.at(unix_s) - 0.5)

    def _shade(self, unix_s: float) -> float:
        """Say how much of the sun the clouds hide, 0..1."""
        cloud = 0.7 * self._clouds.at(unix_s) + 0.3 * self._wisps.at(unix_s)
        return min(max((cloud + self._cover.at(unix_s) - 0.85) * 3, 0.0), 1.0)


def sun_position(unix_s: float) -> tuple[float, float]:
    """Give elevation and azimuth of the sun in radians (low-precision almanac, good to a fraction of a degree)."""
    days = (unix_s - _J2000_UNIX_S) / _DAY_S
    anomaly = radians(357.529 + 0.98560028 * days)
    longitude = radians(280.459 + 0.98564736 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    declination = asin(0.39777 * sin(longitude))
    ascension = atan2(0.91750 * sin(longitude), cos(longitude))
    sidereal = radians(280.46062 + 360.98564737 * days + LONGITUDE_DEG)
    hour_angle = sidereal - ascension
    height = sin(LATITUDE_RAD) * sin(declination) + cos(LATITUDE_RAD) * cos(declination) * cos(hour_angle)
    east = -cos(declination) * sin(hour_angle)
    north = sin(declination) * cos(LATITUDE_RAD) - cos(declination) * sin(LATITUDE_RAD) * cos(hour_angle)
    return asin(height), atan2(east, north)


def _incidence(plane: Plane, elevation: float, azimuth: float) -> float:
    tilt = radians(plane.tilt_deg)
    facing = cos(azimuth - radians(plane.azimuth_deg))
    return max(sin(elevation) * cos(tilt) + cos(elevation) * sin(tilt) * facing, 0.0)
