"""The province's public services over HTTP, asked by the standard library's client."""

from __future__ import annotations

import http.client
import socket

import pytest

from phusong.collectors.simulator.web_services import ADDRESS, WEB_SERVICES, serving_web


@pytest.fixture(scope="module")
def port():
    with serving_web(0) as number:
        yield number


def ask(port, path, method="GET"):
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_one_of_three_services_is_out_of_order(port):
    """Two show their name, the one-stop-shop system says 503 and not its name."""
    answers = {service.name: ask(port, service.path) for service in WEB_SERVICES}
    assert {name: status for name, (status, _) in answers.items()} == {
        "Cổng dịch vụ công": 200, "Trục liên thông văn bản": 200, "Hệ thống một cửa điện tử": 503,
    }  # fmt: skip
    for name, (status, page) in answers.items():
        assert (name in page) == (status == 200)


def test_other_requests(port):
    """HEAD has no page, an unknown path is 404, a method that nobody serves is 501."""
    assert ask(port, "/dich-vu-cong?x=1", "HEAD") == (200, "")
    assert ask(port, "/")[0] == 404
    assert ask(port, "/dich-vu-cong", "POST")[0] == 501


def test_a_client_that_says_nothing_keeps_nobody_waiting(port):
    """Others are answered meanwhile."""
    with socket.create_connection((ADDRESS, port)) as mute:
        mute.send(b"GET /dich-vu")
        assert ask(port, "/dich-vu-cong")[0] == 200


def test_afterwards_the_port_is_free():
    """Nothing listens when the block has ended."""
    with serving_web(0) as number:
        assert ask(number, "/dich-vu-cong")[0] == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ADDRESS, number))
