import pytest

from routergate.store.address import Address, kind_of, parse, place


def test_sentinels_are_read_with_the_name_that_they_watch() -> None:
    address = parse("redis+sentinel://h1:1,h2,[::1]:3/my%20master/2?sentinel_password=s%2Ft")

    assert address == Address(
        kind="sentinel",
        hosts=(("h1", 1), ("h2", 26379), ("::1", 3)),
        service="my master",
        tls=False,
        options={"db": 2, "sentinel_password": "s/t"},
    )


def test_nodes_of_a_cluster_are_read_with_user_and_password() -> None:
    address = parse("rediss+cluster://some%40one:p%2Fw@h1:7000,h2:7001")

    assert (address.kind, address.hosts, address.tls) == ("cluster", (("h1", 7000), ("h2", 7001)), True)
    assert address.options == {"username": "some@one", "password": "p/w"}


def test_a_cluster_may_be_told_that_it_has_database_0() -> None:
    assert parse("redis+cluster://h/0").options["db"] == 0


def test_a_kind_is_told_by_the_scheme() -> None:
    assert [kind_of(f"{scheme}://h") for scheme in ("redis", "unix", "redis+cluster", "rediss+sentinel")] == [
        "", "", "cluster", "sentinel",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis+sentinel://h1,h2", "the name that the Sentinels watch is missing"),
        ("redis+sentinel://h1/mymaster/two", "the database is no number"),
        ("redis+cluster://h1/1", "a cluster has database 0 only"),
        ("redis+cluster://h1:7000,:7001", "a host has no name"),
        ("redis+cluster://h1,", "a host has no name"),
        ("redis+cluster://h1:hunter2", "a port is no number$"),
        ("redis+cluster://me:hun/ter2@h1", "the database is no number; a password"),
        ("http+cluster://h1", r"begins with none of redis://.*redis\+cluster://"),
        ("redis+other://h1", "begins with none of"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_quoting_it(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        parse(url)
    assert "ter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://u:hunter2@h:1/0?password=hunter2", "redis://h:1/0"),
        ("redis+sentinel://u:hunter2@h1:1,h2:2/m/1", "redis+sentinel://h1:1,h2:2/m/1"),
        ("redis://u:not/encoded@h:1", "redis://h:1"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_a_place_is_shown_without_secrets(url: str, shown: str) -> None:
    assert place(url) == shown
