"""Every vendor's scale, unit and marker for "nothing here": what stands on the wire becomes the true figure.

The numbers are those of the MIB texts and of recorded devices; each case is one device with its few objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_devices import as_table, device_of, poll_sensors
from snmp_peers import Typed

from phusong.collectors.profile import MEASURES, MibObject, Sensor
from phusong.collectors.readings import Quantity
from phusong.collectors.sensor_values import SensorRow, as_number, entity_factor, in_base_unit, value_of
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.ber import Missing, Value

Q = Quantity
CISCO, XE = "1.3.6.1.4.1.9.1.1", "Cisco IOS-XE software"
JUNIPER, HUAWEI, H3C = "1.3.6.1.4.1.2636.1.1", "1.3.6.1.4.1.2011.2.224.62", "1.3.6.1.4.1.25506.11.1"
MIKROTIK, FORTIGATE, ZTE = "1.3.6.1.4.1.14988.1", "1.3.6.1.4.1.12356.101.1.644", "1.3.6.1.4.1.3902.3.100"
DRAYTEK, TELTONIKA, NET_SNMP = "1.3.6.1.4.1.7367", "1.3.6.1.4.1.48690", "1.3.6.1.4.1.8072.3.2.10"
CRADLEPOINT = "1.3.6.1.4.1.20992"
RTT = "1.3.6.1.4.1.9.9.42.1"
CELL = "1.3.6.1.4.1.9.9.817.1.1.1.1.1"
HW = "1.3.6.1.4.1.2011.5.25.31.1.1.1.1"
HW_OPTICAL = "1.3.6.1.4.1.2011.5.25.31.1.1.3.1"
HW_NQA = "1.3.6.1.4.1.2011.5.25.111.4"
JNX = "1.3.6.1.4.1.2636.3.1.13.1"
RPM = "1.3.6.1.4.1.2636.3.50.1"
MT = "1.3.6.1.4.1.14988.1.1"
FG = "1.3.6.1.4.1.12356.101"
H3C_MODEM = "1.3.6.1.4.1.25506.2.98.1"
TEL = "1.3.6.1.4.1.48690.2.2.1"
PING = "1.3.6.1.2.1.80.1.3.1"
NAME = "1.3.6.1.2.1.47.1.1.1.1.7"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
INVALID = -(2**31)
AB = "2.65.98.1.49"
"""The index of owner "Ab" and test "1"."""


class Case(NamedTuple):
    """A device by its sysObjectID and objects, and the sensors that it has."""

    what: str
    sys_object_id: str
    objects: Mapping[str, int | str | bytes | Typed | None]
    expected: Mapping[tuple[Quantity, str], float]
    sys_descr: str = "a device"


CASES = [
    Case("cisco cpmCPUTotal5minRev percent", CISCO, {"1.3.6.1.4.1.9.9.109.1.1.1.1.8.1": 37}, {(Q.CPU, "1"): 0.37}),
    Case("cisco cpmCPUTotal5min on old IOS", CISCO, {"1.3.6.1.4.1.9.9.109.1.1.1.1.5.1": 5}, {(Q.CPU, "1"): 0.05}),
    Case(
        "cisco cempMemPoolHCUsed beside free",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.221.1.1.1.1.18.7.1": (ber.COUNTER64, 3 * 2**33),
            "1.3.6.1.4.1.9.9.221.1.1.1.1.20.7.1": (ber.COUNTER64, 2**33),
            "1.3.6.1.4.1.9.9.221.1.1.1.1.3.7.1": "Processor",
        },
        {(Q.MEMORY, "Processor"): 0.75},
    ),
    Case(
        "cisco ciscoMemoryPoolUsed where there is nothing newer",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.48.1.1.1.2.1": "Processor",
            "1.3.6.1.4.1.9.9.48.1.1.1.5.1": (ber.GAUGE32, 30),
            "1.3.6.1.4.1.9.9.48.1.1.1.6.1": (ber.GAUGE32, 70),
        },
        {(Q.MEMORY, "Processor"): 0.3},
    ),
    Case(
        "cisco xe system memory, not the pool that is always full",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.109.1.1.1.1.12.2": (ber.GAUGE32, 1_500_000),
            "1.3.6.1.4.1.9.9.109.1.1.1.1.13.2": (ber.GAUGE32, 2_500_000),
            "1.3.6.1.4.1.9.9.48.1.1.1.2.3": "lsmpi_io",
            "1.3.6.1.4.1.9.9.48.1.1.1.5.3": (ber.GAUGE32, 3_194_000),
            "1.3.6.1.4.1.9.9.48.1.1.1.6.3": (ber.GAUGE32, 800),
        },
        {(Q.MEMORY, "2"): 0.375},
        XE,
    ),
    Case(
        "cisco cwceLteCurrRsrq and Snr in tenths",
        CISCO,
        {f"{CELL}.1.14": -90, f"{CELL}.2.14": -70, f"{CELL}.3.14": 300, f"{NAME}.14": "Modem 0 on Cellular0"},
        {
            (Q.MODEM_RSRP, "Modem 0 on Cellular0"): -90,
            (Q.MODEM_RSRQ, "Modem 0 on Cellular0"): -7.0,
            (Q.MODEM_SINR, "Modem 0 on Cellular0"): 30.0,
        },
    ),
    Case(
        "cisco cwceLteCurrSinr before Snr; negative as Gauge32",
        CISCO,
        {f"{CELL}.1.14": (ber.GAUGE32, 2**32 - 101), f"{CELL}.3.14": 300, f"{CELL}.4.14": -35},
        {(Q.MODEM_RSRP, "modem"): -101, (Q.MODEM_SINR, "modem"): -3.5},
    ),
    Case(
        "cisco c3gGsmPacketService and c3gConnectionStatus",
        CISCO,
        {"1.3.6.1.4.1.9.9.661.1.3.2.1.5.14": 10, "1.3.6.1.4.1.9.9.661.1.1.1.8.14": 5},
        {(Q.MODEM_REGISTERED, "modem"): 1, (Q.MODEM_IN_USE, "modem"): 1},
    ),
    Case(
        "cisco modem without a network, dormant; unknown is neither",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.661.1.3.2.1.5.14": 2,
            "1.3.6.1.4.1.9.9.661.1.1.1.8.14": 4,
            "1.3.6.1.4.1.9.9.661.1.3.2.1.5.15": 1,
        },
        {(Q.MODEM_REGISTERED, "modem 14"): 0, (Q.MODEM_IN_USE, "modem"): 0},
    ),
    Case(
        "cisco rttMonLatestRttOperCompletionTime of a failed run is an old one",
        CISCO,
        {
            f"{RTT}.2.1.1.3.10": "hub",
            f"{RTT}.2.1.1.4.10": 1,
            f"{RTT}.2.10.1.1.10": (ber.GAUGE32, 16),
            f"{RTT}.2.10.1.2.10": 4,
            f"{RTT}.2.1.1.4.11": 1,
            f"{RTT}.2.10.1.1.11": (ber.GAUGE32, 250),
            f"{RTT}.2.10.1.2.11": 3,
        },
        {(Q.SLA_UP, "hub"): 0, (Q.SLA_UP, "11"): 1, (Q.SLA_RTT, "11"): 0.25},
    ),
    Case(
        "cisco udp jitter in microseconds by rttMonEchoAdminPrecision, loss of both ways",
        CISCO,
        {
            f"{RTT}.2.1.1.4.7": 9,
            f"{RTT}.2.2.1.37.7": 2,
            f"{RTT}.5.2.1.1.7": (ber.GAUGE32, 90),
            f"{RTT}.5.2.1.2.7": (ber.GAUGE32, 1_800_000),
            f"{RTT}.5.2.1.26.7": (ber.GAUGE32, 6),
            f"{RTT}.5.2.1.27.7": (ber.GAUGE32, 3),
            f"{RTT}.5.2.1.29.7": (ber.GAUGE32, 1),
            f"{RTT}.5.2.1.46.7": (ber.GAUGE32, 1500),
        },
        {(Q.SLA_RTT, "7"): 0.02, (Q.SLA_JITTER, "7"): 0.0015, (Q.SLA_LOSS, "7"): 0.1},
    ),
    Case(
        "cisco udp jitter in milliseconds; all lost gives loss but no round trip",
        CISCO,
        {
            f"{RTT}.2.2.1.37.7": 1,
            f"{RTT}.5.2.1.1.7": (ber.GAUGE32, 0),
            f"{RTT}.5.2.1.2.7": (ber.GAUGE32, 0),
            f"{RTT}.5.2.1.26.7": (ber.GAUGE32, 10),
            f"{RTT}.5.2.1.27.7": (ber.GAUGE32, 0),
            f"{RTT}.5.2.1.29.7": (ber.GAUGE32, 0),
            f"{RTT}.5.2.1.46.7": (ber.GAUGE32, 2),
        },
        {(Q.SLA_JITTER, "7"): 0.002, (Q.SLA_LOSS, "7"): 1.0},
    ),
    Case(
        "cisco icmp jitter is not the echo of the same operation",
        CISCO,
        {
            f"{RTT}.2.1.1.4.200": 16,
            f"{RTT}.2.10.1.1.200": (ber.GAUGE32, 15),
            f"{RTT}.2.10.1.2.200": 1,
            f"{RTT}.5.4.1.1.200": (ber.GAUGE32, 8),
            f"{RTT}.5.4.1.2.200": (ber.GAUGE32, 100),
            f"{RTT}.5.4.1.26.200": (ber.GAUGE32, 2),
        },
        {(Q.SLA_UP, "200"): 1, (Q.SLA_RTT, "200"): 0.0125, (Q.SLA_LOSS, "200"): 0.2},
    ),
    Case(
        "cisco entSensorValue by its own scale and precision",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.91.1.1.1.1.1.9": 8,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.2.9": 8,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.3.9": 1,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.4.9": 345_000,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.1.10": 4,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.2.10": 8,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.3.10": 1,
            "1.3.6.1.4.1.9.9.91.1.1.1.1.4.10": 33_088,
        },
        {(Q.TEMPERATURE, "9"): 34.5},
    ),
    Case(
        "cisco ciscoEnvMonSupplyState: a supply that is not there is neither good nor bad",
        CISCO,
        {f"1.3.6.1.4.1.9.9.13.1.5.1.3.{n}": state for n, state in ((1, 1), (2, 3), (3, 5), (4, 6))},
        {(Q.POWER, "1"): 1, (Q.POWER, "2"): 0, (Q.POWER, "4"): 0},
    ),
    Case(
        "cisco cbgpPeer2State index type, length, address",
        CISCO,
        {
            "1.3.6.1.4.1.9.9.187.1.2.5.1.3.1.4.10.0.0.1": 6,
            "1.3.6.1.4.1.9.9.187.1.2.5.1.3.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2": 3,
            "1.3.6.1.2.1.15.3.1.2.10.0.0.1": 1,
        },
        {(Q.BGP_PEER, "10.0.0.1"): 1, (Q.BGP_PEER, "2001:db8::2"): 0},
    ),
    Case(
        "standard bgpPeerState and ospfNbrState",
        "1.3.6.1.4.1.99999",
        {
            "1.3.6.1.2.1.15.3.1.2.10.0.0.1": 6,
            "1.3.6.1.2.1.15.3.1.2.10.0.0.5": 3,
            "1.3.6.1.2.1.14.10.1.6.10.0.0.1.0": 8,
            "1.3.6.1.2.1.14.10.1.6.10.0.0.2.0": 4,
            "1.3.6.1.2.1.14.10.1.6.10.0.0.3.0": 1,
        },
        {
            (Q.BGP_PEER, "10.0.0.1"): 1,
            (Q.BGP_PEER, "10.0.0.5"): 0,
            (Q.OSPF_NEIGHBOR, "10.0.0.1"): 1,
            (Q.OSPF_NEIGHBOR, "10.0.0.2"): 1,
            (Q.OSPF_NEIGHBOR, "10.0.0.3"): 0,
        },
    ),
    Case(
        "standard entPhySensorValue by scale and precision",
        "1.3.6.1.4.1.99999",
        {
            "1.3.6.1.2.1.99.1.1.1.1.3": 8,
            "1.3.6.1.2.1.99.1.1.1.2.3": 9,
            "1.3.6.1.2.1.99.1.1.1.3.3": 3,
            "1.3.6.1.2.1.99.1.1.1.4.3": 34_558,
        },
        {(Q.TEMPERATURE, "3"): 34.558},
    ),
    Case(
        "juniper jnxOperatingTable answers 0 where there is nothing",
        JUNIPER,
        {
            f"{JNX}.5.9.1.0.0": "Routing Engine 0",
            f"{JNX}.7.9.1.0.0": (ber.GAUGE32, 41),
            f"{JNX}.8.9.1.0.0": (ber.GAUGE32, 0),
            f"{JNX}.11.9.1.0.0": (ber.GAUGE32, 25),
            f"{JNX}.15.9.1.0.0": 980,
            f"{JNX}.5.1.1.0.0": "midplane",
            f"{JNX}.7.1.1.0.0": (ber.GAUGE32, 0),
            f"{JNX}.8.1.1.0.0": (ber.GAUGE32, 0),
            f"{JNX}.11.1.1.0.0": (ber.GAUGE32, 0),
            f"{JNX}.15.1.1.0.0": 0,
            f"{JNX}.5.2.1.0.0": "PEM 0",
            f"{JNX}.6.2.1.0.0": 6,
            f"{JNX}.5.4.1.0.0": "Fan Tray 0",
            f"{JNX}.6.4.1.0.0": 2,
        },
        {
            (Q.CPU, "Routing Engine 0"): 0.0,
            (Q.MEMORY, "Routing Engine 0"): 0.25,
            (Q.TEMPERATURE, "Routing Engine 0"): 41,
            (Q.POWER, "PEM 0"): 0,
            (Q.FAN, "Fan Tray 0"): 1,
        },
    ),
    Case(
        "juniper jnxRpmResCalcAverage in microseconds, PercentLost with six decimals, of the last completed test",
        JUNIPER,
        {
            f"{RPM}.2.1.3.{AB}.1": (ber.GAUGE32, 0),
            f"{RPM}.2.1.3.{AB}.2": (ber.GAUGE32, 9),
            f"{RPM}.2.1.4.{AB}.1": (ber.GAUGE32, 100_000_000),
            f"{RPM}.2.1.4.{AB}.2": (ber.GAUGE32, 2_538_860),
            f"{RPM}.3.1.5.{AB}.1.1": (ber.GAUGE32, 99_999),
            f"{RPM}.3.1.5.{AB}.2.1": (ber.GAUGE32, 25_400),
            f"{RPM}.3.1.5.{AB}.2.2": (ber.GAUGE32, 310),
        },
        {
            (Q.SLA_UP, "Ab/1"): 1,
            (Q.SLA_LOSS, "Ab/1"): 0.0253886,
            (Q.SLA_RTT, "Ab/1"): 0.0254,
            (Q.SLA_JITTER, "Ab/1"): 0.00031,
        },
    ),
    Case(
        "juniper pingResultsAverageRtt of 0: nothing came back",
        JUNIPER,
        {f"{PING}.6.{AB}": (ber.GAUGE32, 0), f"{PING}.6.1.120.1.50": (ber.GAUGE32, 52)},
        {(Q.SLA_RTT, "x/2"): 0.052},
    ),
    Case(
        "juniper jnxDomCurrentRxLaserPower in hundredths",
        JUNIPER,
        {
            "1.3.6.1.4.1.2636.3.60.1.1.1.1.5.501": -1234,
            "1.3.6.1.4.1.2636.3.60.1.1.1.1.7.501": -212,
            f"{IF_NAME}.501": "xe-0/0/0",
        },
        {(Q.OPTICAL_RECEIVE, "xe-0/0/0"): -12.34, (Q.OPTICAL_TRANSMIT, "xe-0/0/0"): -2.12},
    ),
    Case(
        "juniper jnxBgpM2PeerState index with types but no lengths",
        JUNIPER,
        {"1.3.6.1.4.1.2636.5.1.1.2.1.1.1.2.9.1.10.1.1.2.1.10.1.1.1": 6},
        {(Q.BGP_PEER, "10.1.1.1"): 1},
    ),
    Case(
        "huawei hwEntityTemperature 0, -1, -255 and 2147483647 are empty places",
        HUAWEI,
        {f"{HW}.11.{n}": value for n, value in ((3, 0), (5, -1), (7, -255), (8, 2**31 - 1), (9, 44))},
        {(Q.TEMPERATURE, "9"): 44},
    ),
    Case(
        "huawei hwEntityCpuUsage of boards only; an idle one is 0",
        HUAWEI,
        {f"{HW}.5.3": 0, f"{HW}.7.3": 0, f"{HW}.5.9": 0, f"{HW}.7.9": 58, f"{NAME}.9": "SRU Board 0"},
        {(Q.CPU, "SRU Board 0"): 0.0, (Q.MEMORY, "SRU Board 0"): 0.58},
    ),
    Case(
        "huawei hwEntityOpticalRxPower below 0 in hundredths of dBm, above 0 in microwatts",
        HUAWEI,
        {
            f"{HW_OPTICAL}.8.1": -178,
            f"{HW_OPTICAL}.8.2": 590,
            f"{HW_OPTICAL}.8.3": 0,
            f"{HW_OPTICAL}.8.4": -1,
            f"{HW_OPTICAL}.8.5": 2**31 - 1,
            f"{HW_OPTICAL}.9.2": 1000,
            f"{HW_OPTICAL}.5.3": -255,
        },
        {
            (Q.OPTICAL_RECEIVE, "1"): -1.78,
            (Q.OPTICAL_RECEIVE, "2"): -2.291479884,
            (Q.OPTICAL_TRANSMIT, "2"): 0.0,
        },
    ),
    Case(
        "huawei nqaJitterStats in the unit that nqaJitterStatsTimeUnit names, of the latest result",
        HUAWEI,
        {
            f"{HW_NQA}.3.1.46.{AB}.1": (ber.GAUGE32, 99),
            f"{HW_NQA}.3.1.46.{AB}.2": (ber.GAUGE32, 2500),
            f"{HW_NQA}.3.1.48.{AB}.2": (ber.GAUGE32, 150),
            f"{HW_NQA}.3.1.47.{AB}.2": (ber.GAUGE32, 3),
            f"{HW_NQA}.3.1.67.{AB}.1": 2,
            f"{HW_NQA}.3.1.67.{AB}.2": 1,
            f"{HW_NQA}.3.1.46.1.120.1.50.7": (ber.GAUGE32, 30),
            f"{HW_NQA}.3.1.67.1.120.1.50.7": 2,
        },
        {
            (Q.SLA_RTT, "Ab/1"): 0.0025,
            (Q.SLA_RTT, "x/2"): 0.03,
            (Q.SLA_JITTER, "Ab/1"): 0.00015,
            (Q.SLA_LOSS, "Ab/1"): 0.03,
        },
    ),
    Case(
        "huawei nqaResults: the newest of several, whatever the hop",
        HUAWEI,
        {
            f"{HW_NQA}.1.1.3.{AB}.4.1": 1,
            f"{HW_NQA}.1.1.3.{AB}.5.1": 2,
            f"{HW_NQA}.1.1.26.{AB}.5.1": (ber.GAUGE32, 12),
        },
        {(Q.SLA_UP, "Ab/1"): 0, (Q.SLA_RTT, "Ab/1"): 0.012},
    ),
    Case(
        "huawei icmp tests stand in DISMAN-PING: sent without an answer is lost",
        HUAWEI,
        {
            f"{PING}.6.{AB}": (ber.GAUGE32, 25),
            f"{PING}.7.{AB}": (ber.GAUGE32, 3),
            f"{PING}.8.{AB}": (ber.GAUGE32, 4),
        },
        {(Q.SLA_UP, "Ab/1"): 1, (Q.SLA_RTT, "Ab/1"): 0.025, (Q.SLA_LOSS, "Ab/1"): 0.25},
    ),
    Case(
        "h3c hh3cTransceiverCurRXPower in hundredths",
        H3C,
        {"1.3.6.1.4.1.25506.2.70.1.1.1.12.26": -1045, f"{IF_NAME}.26": "GigabitEthernet1/0/26"},
        {(Q.OPTICAL_RECEIVE, "GigabitEthernet1/0/26"): -10.45},
    ),
    Case(
        "h3c hh3cLteCurrentRsrp -2147483648: no signal",
        H3C,
        {f"{H3C_MODEM}.5.1.1.1.3": INVALID, f"{H3C_MODEM}.5.1.1.2.3": INVALID, f"{H3C_MODEM}.1.1.1.13.3": 2},
        {(Q.MODEM_REGISTERED, "modem"): 0},
    ),
    Case(
        "h3c hh3cLteCurrentRsrp, Rsrq and Sinr unscaled",
        H3C,
        {
            f"{H3C_MODEM}.5.1.1.1.3": -95,
            f"{H3C_MODEM}.5.1.1.2.3": -11,
            f"{H3C_MODEM}.5.1.1.3.3": 8,
            f"{H3C_MODEM}.1.1.1.13.3": 12,
        },
        {
            (Q.MODEM_REGISTERED, "modem"): 1,
            (Q.MODEM_RSRP, "modem"): -95,
            (Q.MODEM_RSRQ, "modem"): -11,
            (Q.MODEM_SINR, "modem"): 8,
        },
    ),
    Case(
        "h3c nqa loss: permille of jitter tests, percent of others",
        H3C,
        {
            f"1.3.6.1.4.1.25506.8.3.1.4.1.33.{AB}": (ber.GAUGE32, 100),
            f"1.3.6.1.4.1.25506.8.3.1.4.1.31.{AB}": (ber.GAUGE32, 4),
            f"1.3.6.1.4.1.25506.8.3.1.3.1.10.{AB}": (ber.GAUGE32, 99),
            "1.3.6.1.4.1.25506.8.3.1.3.1.10.1.120.1.50": (ber.GAUGE32, 30),
        },
        {(Q.SLA_LOSS, "Ab/1"): 0.1, (Q.SLA_JITTER, "Ab/1"): 0.004, (Q.SLA_LOSS, "x/2"): 0.3},
    ),
    Case(
        "h3c hh3cEntityExtErrorStatus of power supplies and fans only",
        H3C,
        {
            "1.3.6.1.4.1.25506.2.6.1.1.1.1.19.1": 2,
            "1.3.6.1.4.1.25506.2.6.1.1.1.1.19.2": 51,
            "1.3.6.1.4.1.25506.2.6.1.1.1.1.19.3": 41,
            "1.3.6.1.2.1.47.1.1.1.1.5.1": 10,
            "1.3.6.1.2.1.47.1.1.1.1.5.2": 6,
            "1.3.6.1.2.1.47.1.1.1.1.5.3": 7,
        },
        {(Q.POWER, "2"): 0, (Q.FAN, "3"): 0},
    ),
    Case(
        "mikrotik mtxrHlTemperature in tenths",
        MIKROTIK,
        {f"{MT}.3.10.0": 440, f"{MT}.3.11.0": 237, f"{MT}.3.15.0": 1, f"{MT}.3.16.0": 0},
        {
            (Q.TEMPERATURE, "board"): 44.0,
            (Q.TEMPERATURE, "processor"): 23.7,
            (Q.POWER, "primary"): 1,
            (Q.POWER, "backup"): 0,
        },
    ),
    Case(
        "mikrotik mtxrGaugeValue by its unit; Gauge32 although the MIB says Integer32",
        MIKROTIK,
        {
            f"{MT}.3.100.1.2.1": "cpu-temperature",
            f"{MT}.3.100.1.3.1": (ber.GAUGE32, 47),
            f"{MT}.3.100.1.4.1": 1,
            f"{MT}.3.100.1.2.2": "psu1-voltage",
            f"{MT}.3.100.1.3.2": (ber.GAUGE32, 121),
            f"{MT}.3.100.1.4.2": 3,
        },
        {(Q.TEMPERATURE, "cpu-temperature"): 47},
    ),
    Case(
        "mikrotik mtxrOpticalRxPower in thousandths, also as unsigned",
        MIKROTIK,
        {
            f"{MT}.19.1.1.2.25": "sfp1",
            f"{MT}.19.1.1.9.25": -4879,
            f"{MT}.19.1.1.10.25": (ber.GAUGE32, 2**32 - 5673),
        },
        {(Q.OPTICAL_TRANSMIT, "sfp1"): -4.879, (Q.OPTICAL_RECEIVE, "sfp1"): -5.673},
    ),
    Case(
        "mikrotik mtxrLTEModem unscaled; unknown technology is not registered",
        MIKROTIK,
        {
            f"{MT}.16.1.1.3.1": -10,
            f"{MT}.16.1.1.4.1": -105,
            f"{MT}.16.1.1.7.1": 11,
            f"{MT}.16.1.1.6.1": 7,
            f"{MT}.16.1.1.3.2": 0,
            f"{MT}.16.1.1.4.2": 0,
            f"{MT}.16.1.1.7.2": 0,
            f"{MT}.16.1.1.6.2": -1,
            f"{IF_NAME}.1": "lte1",
            f"{IF_NAME}.2": "lte2",
        },
        {
            (Q.MODEM_REGISTERED, "lte1"): 1,
            (Q.MODEM_REGISTERED, "lte2"): 0,
            (Q.MODEM_RSRP, "lte1"): -105,
            (Q.MODEM_RSRQ, "lte1"): -10,
            (Q.MODEM_SINR, "lte1"): 11,
        },
    ),
    Case(
        "mikrotik hrProcessorLoad per core and hrStorage of the main memory, not of the disk",
        MIKROTIK,
        {
            "1.3.6.1.2.1.25.3.3.1.2.1": 21,
            "1.3.6.1.2.1.25.3.3.1.2.2": 0,
            "1.3.6.1.2.1.25.2.3.1.3.65536": "main memory",
            "1.3.6.1.2.1.25.2.3.1.5.65536": 65536,
            "1.3.6.1.2.1.25.2.3.1.6.65536": 16384,
            "1.3.6.1.2.1.25.2.3.1.3.131072": "system disk",
            "1.3.6.1.2.1.25.2.3.1.5.131072": 16384,
            "1.3.6.1.2.1.25.2.3.1.6.131072": 16000,
        },
        {(Q.CPU, "1"): 0.21, (Q.CPU, "2"): 0.0, (Q.MEMORY, "main memory"): 0.25},
    ),
    Case(
        "fortigate fgLteSnr in tenths, at the OIDs of the MIBs since 2023",
        FORTIGATE,
        {
            f"{FG}.19.3.1.12.1": -9,
            f"{FG}.19.3.1.13.1": -92,
            f"{FG}.19.3.1.14.1": 170,
            f"{FG}.19.5.1.4.1": 2,
            f"{FG}.19.5.1.24.1": 10,
        },
        {
            (Q.MODEM_REGISTERED, "modem"): 1,
            (Q.MODEM_IN_USE, "modem"): 1,
            (Q.MODEM_RSRP, "modem"): -92,
            (Q.MODEM_RSRQ, "modem"): -9,
            (Q.MODEM_SINR, "modem"): 17.0,
        },
    ),
    Case(
        "fortigate LTE at the OIDs of the MIB of 2020",
        FORTIGATE,
        {
            f"{FG}.19.3.1.1.12.1": -9,
            f"{FG}.19.3.1.1.13.1": -92,
            f"{FG}.19.3.1.1.14.1": 170,
            f"{FG}.19.5.1.1.4.1": 1,
            f"{FG}.19.5.1.1.24.1": -1,
        },
        {
            (Q.MODEM_REGISTERED, "modem"): 0,
            (Q.MODEM_IN_USE, "modem"): 0,
            (Q.MODEM_RSRP, "modem"): -92,
            (Q.MODEM_RSRQ, "modem"): -9,
            (Q.MODEM_SINR, "modem"): 17.0,
        },
    ),
    Case(
        "fortigate LTE cells that do not apply come as NULL; the other table answers",
        FORTIGATE,
        {f"{FG}.19.3.1.13.1": None, f"{FG}.19.3.1.1.13.1": -88, f"{FG}.19.3.1.1.12.1": None},
        {(Q.MODEM_RSRP, "modem"): -88},
    ),
    Case(
        "fortigate link monitor as text, its loss with a percent sign",
        FORTIGATE,
        {
            f"{FG}.4.8.2.1.2.1": "hub",
            f"{FG}.4.8.2.1.3.1": 0,
            f"{FG}.4.8.2.1.4.1": "4.102",
            f"{FG}.4.8.2.1.5.1": "0.092",
            f"{FG}.4.8.2.1.8.1": "2.500%",
            f"{FG}.4.8.2.1.2.2": "spare",
            f"{FG}.4.8.2.1.3.2": 1,
            f"{FG}.4.8.2.1.4.2": "0.000",
            f"{FG}.4.8.2.1.8.2": "100.000%",
        },
        {
            (Q.SLA_UP, "hub"): 1,
            (Q.SLA_RTT, "hub"): 0.004102,
            (Q.SLA_JITTER, "hub"): 0.000092,
            (Q.SLA_LOSS, "hub"): 0.025,
            (Q.SLA_UP, "spare"): 0,
            (Q.SLA_LOSS, "spare"): 1.0,
        },
    ),
    Case(
        "fortigate fgHwSensorEntValue: text, told apart by name",
        FORTIGATE,
        {
            f"{FG}.4.3.2.1.2.1": "CPU ON-DIE Temperature",
            f"{FG}.4.3.2.1.3.1": "51.569",
            f"{FG}.4.3.2.1.4.1": 0,
            f"{FG}.4.3.2.1.2.2": "+12V",
            f"{FG}.4.3.2.1.3.2": "12.1",
            f"{FG}.4.3.2.1.4.2": 0,
            f"{FG}.4.3.2.1.2.3": "PS1 Status",
            f"{FG}.4.3.2.1.3.3": "1",
            f"{FG}.4.3.2.1.4.3": 1,
        },
        {(Q.TEMPERATURE, "CPU ON-DIE Temperature"): 51.569, (Q.POWER, "PS1 Status"): 0},
    ),
    Case("zte zxr10SystemCpuUtility2m", ZTE, {"1.3.6.1.4.1.3902.3.3.1.1.5.1": 12}, {(Q.CPU, "1"): 0.12}),
    Case("zte without 2m: 5s", ZTE, {"1.3.6.1.4.1.3902.3.3.1.1.6.1": 9}, {(Q.CPU, "1"): 0.09}),
    Case("draytek memoryUsage", DRAYTEK, {"1.3.6.1.4.1.7367.3.7.0": 71}, {(Q.MEMORY, "system"): 0.71}),
    Case(
        "teltonika mRSRP, mRSRQ and mSINR are text",
        TELTONIKA,
        {
            f"{TEL}.20.1": "-97",
            f"{TEL}.21.1": "-11.5 dB",
            f"{TEL}.19.1": "N/A",
            f"{TEL}.11.1": "Registered (home)",
            f"{TEL}.15.1": "Disconnected",
        },
        {
            (Q.MODEM_REGISTERED, "modem"): 1,
            (Q.MODEM_IN_USE, "modem"): 0,
            (Q.MODEM_RSRP, "modem"): -97,
            (Q.MODEM_RSRQ, "modem"): -11.5,
        },
    ),
    Case(
        "teltonika not registered; RUT9 has its state elsewhere",
        TELTONIKA,
        {f"{TEL}.11.1": "Not registered", "1.3.6.1.4.1.48690.2.7.0": "Connected"},
        {(Q.MODEM_REGISTERED, "modem"): 0, (Q.MODEM_IN_USE, "modem"): 1},
    ),
    Case(
        "cradlepoint mdmStatus and mdmRSRP",
        CRADLEPOINT,
        {
            "1.3.6.1.4.1.20992.1.2.2.1.2.3": "Internal LTE",
            "1.3.6.1.4.1.20992.1.2.2.1.5.3": 1,
            "1.3.6.1.4.1.20992.1.2.2.1.14.3": -99,
        },
        {(Q.MODEM_IN_USE, "Internal LTE"): 1, (Q.MODEM_RSRP, "Internal LTE"): -99},
    ),
    Case(
        "net-snmp memTotalReal without hrStorage",
        NET_SNMP,
        {"1.3.6.1.4.1.2021.4.5.0": 4_000_000, "1.3.6.1.4.1.2021.4.6.0": 1_000_000},
        {(Q.MEMORY, "real memory"): 0.75},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_vendors(case: Case) -> None:
    """The device's numbers become these figures, and nothing else is shown of it."""
    reading = poll_sensors(device_of(case.sys_object_id, case.objects, case.sys_descr))
    assert as_table(reading) == pytest.approx(dict(case.expected))
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (-5, -5),
        (b"51.569", 51.569),
        (b" -97 dBm\0", -97),
        (b"0.000%", 0),
        (b"+3.5", 3.5),
        (b"", None),
        (b"N/A", None),
        (b"1e5", None),
        (b"12 34", None),
        (b"9" * 40, None),
        ("\u0665".encode(), None),
        (None, None),
        ((1, 3), None),
        (Missing.NO_SUCH_INSTANCE, None),
    ],
)
def test_numbers(value: Value, number: float | None) -> None:
    """Numbers come as numbers or as text with a unit behind; anything else is none."""
    assert as_number(value) == number


@pytest.mark.parametrize(
    ("scale", "precision", "factor"),
    [
        (9, 0, 1.0),
        (8, 1, 1e-4),
        (10, 0, 1e3),
        (9, -2, 100.0),
        (0, 0, None),
        (18, 0, None),
        (9, 12, None),
        (b"", 0, None),
    ],
)
def test_entity_scales(scale: Value, precision: Value, factor: float | None) -> None:
    """Scale and precision of RFC 3433; what is outside their enumerations is no sensor."""
    assert entity_factor(scale, precision) == (None if factor is None else pytest.approx(factor))


@pytest.mark.parametrize(
    ("value", "unit", "base", "converted"),
    [
        (25, "percent", "ratio", 0.25),
        (25, "permille", "ratio", 0.025),
        (1, "milliwatts", "dBm", 0.0),
        (0.001, "watts", "dBm", 0.0),
        (0, "microwatts", "dBm", None),
        (-5, "microwatts", "dBm", None),
        (3, "dBm", "dBm", 3),
        (3, "furlongs", "seconds", None),
    ],
)
def test_units(value: float, unit: str, base: str, converted: float | None) -> None:
    """Power becomes a level; no power has none."""
    assert in_base_unit(value, unit, base) == (None if converted is None else pytest.approx(converted))


@given(
    quantity=st.sampled_from([quantity for quantity in Quantity if MEASURES[quantity].unit != "state"]),
    value=st.one_of(st.integers(-(2**31), 2**64), st.binary(max_size=40), st.none(), st.sampled_from(Missing)),
)
def test_no_figure_is_insane(quantity: Quantity, value: Value) -> None:
    """Whatever a device answers, a figure lies within the range of its quantity, or there is none."""
    measure = MEASURES[quantity]
    sensor = Sensor(quantity, MibObject("x", (1, 3)), unit=measure.unit, low=measure.low, high=measure.high)
    found = value_of(sensor, SensorRow((1,), "row", measure.unit), [value])
    assert found is None or measure.low <= found <= measure.high
