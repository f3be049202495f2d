import pytest

from routergate.domain.identity import Identity, network


@pytest.mark.parametrize("name", ["", "{acme", "ac}me", "{}"])
def test_an_organisation_has_a_name_without_braces(name: str) -> None:
    with pytest.raises(ValueError, match="no braces"):
        Identity(key="key-1", organisation=name)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("10.0.0.0/8", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1/32"), ("2001:db8::/32", "2001:db8::/32")],
)
def test_a_network_may_be_one_address(text: str, meant: str) -> None:
    assert str(network(text)) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.1.2.3/8", "write 10.0.0.0/8, or an address"),
        ("office", "expected an address or a network such as 10.0.0.0/8"),
        ("10.0.0.0/33", "expected an address"),
        ("", "expected an address"),
    ],
)
def test_what_is_no_network_is_refused_with_the_remedy(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        network(text)


def test_a_key_without_networks_is_good_from_anywhere_known_or_not() -> None:
    assert all(Identity(key="k", organisation="acme").admits(peer) for peer in ("10.0.0.1", "", None))


@pytest.mark.parametrize(
    ("peer", "admitted"),
    [("10.255.0.1", True), ("::ffff:10.0.0.1", True), ("11.0.0.1", False), ("::1", False), (None, False)],
)
def test_a_key_with_networks_is_good_from_them_only(peer: str | None, admitted: bool) -> None:
    identity = Identity(key="k", organisation="acme", networks=(network("10.0.0.0/8"),))
    assert identity.admits(peer) is admitted
