import socket

import pytest

from xlner_spacy.errors import SetupError
from xlner_spacy.web.listening import bind, is_loopback, url


def test_a_free_port_is_taken_and_named():
    with bind("127.0.0.1", 0) as own:
        assert url(own) == f"http://127.0.0.1:{own.getsockname()[1]}/"


def test_a_port_in_use_is_named():
    with bind("127.0.0.1", 0) as own:
        port = own.getsockname()[1]
        with pytest.raises(SetupError, match=f"127.0.0.1:{port} .*another program") as error:
            bind("127.0.0.1", port)
        assert "--port" in error.value.hint


@pytest.mark.parametrize(
    ("host", "port"), [("no such host", 0), ("192.0.2.1", 0), ("127.0.0.1", 70000), ("a" * 80, 0)]
)
def test_what_is_no_address_of_this_machine_is_refused(host, port):
    with pytest.raises(SetupError):
        bind(host, port)


def test_loopback():
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")


def test_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        own = bind("::1", 0)
    except SetupError:
        pytest.skip("no IPv6 on this machine")
    with own:
        assert url(own).startswith("http://[::1]:")
