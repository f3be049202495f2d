import json
import os
import pwd
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.store.embedded import EmbeddedServer

Command = Callable[..., Result]


@pytest.fixture
def keys(own_server: EmbeddedServer) -> Command:
    """`routergate keys` on a store of its own."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["keys", *arguments], env={"ROUTERGATE_REDIS_URL": own_server.url})

    return run


def made(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    key: dict[str, Any] = json.loads(result.stdout)
    return key


def test_a_key_is_made_with_limits_and_listed_with_them(keys: Command) -> None:
    limits = ["--class", "economy", "--region", "eu", "--ip", "10.0.0.0/8", "--ip", "::1", "--expires", "90d"]
    key = made(keys("create", "--organisation", "acme", *limits, "--json"))
    assert key.keys() == {"id", "key"}

    [row] = json.loads(keys("list", "--json").stdout)
    assert (row["classes"], row["regions"]) == (["economy"], ["eu"])
    assert (row["ips"], row["allow"]) == (["10.0.0.0/8", "::1/128"], None)
    assert (row["state"], row["expires"] > row["created"]) == ("active", True)
    assert "10.0.0.0/8, ::1/128" in keys("list").stdout


def test_the_life_of_a_key_is_in_the_audit_log(keys: Command) -> None:
    key = made(keys("create", "--organisation", "acme", "--json"))["id"]
    new = made(keys("rotate", key, "--overlap", "1h", "--json"))
    told = [keys(change, key).stdout for change in ("disable", "enable", "revoke")]
    assert told == [f"{key} is disabled.\n", f"{key} is active.\n", f"{key} is revoked.\n"]

    log = json.loads(keys("audit", "--key", key, "--json").stdout)
    assert [entry["action"] for entry in log] == ["create", "rotate", "disable", "enable", "revoke"]
    assert {entry["by"] for entry in log} == {f"cli:{pwd.getpwuid(os.getuid()).pw_name}"}
    table = keys("audit")
    assert f"replaced_by: - → {new['id']}" in table.stdout
    assert new["key"] not in table.stdout


def test_changes_of_a_key_are_told_to_machines_as_the_key_that_it_is_now(keys: Command) -> None:
    key = made(keys("create", "--organisation", "acme", "--json"))["id"]
    changed = [made(keys(change, key, "--json")) for change in ("disable", "enable", "revoke")]
    assert [one["state"] for one in changed] == ["disabled", "active", "revoked"]


def test_a_new_key_is_the_only_thing_on_standard_output(keys: Command) -> None:
    created = keys("create", "--organisation", "acme")
    assert created.stdout.startswith("rg-")
    assert created.stdout.count("\n") == 1
    assert "its only showing" in created.stderr


def test_where_nothing_is_the_next_step_is_told(keys: Command) -> None:
    assert "routergate keys create" in keys("list").stderr
    assert keys("audit").stderr == "Nothing was done yet.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["revoke", "key_0"], "There is no key key_0"),
        (["create", "--organisation", "acme", "--expires", "soon"], "'expires' takes a day such as"),
        (["create", "--organisation", "acme", "--ip", "office"], "expected an address or a network"),
        (["create", "--organisation", "acme", "--class", "cheap"], "'cheap' is not one of"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_code_2(keys: Command, arguments: list[str], said: str) -> None:
    refused = keys(*arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert said in refused.stderr


def test_a_budget_is_given_with_a_key_or_later(keys: Command) -> None:
    key = made(
        keys(
            "create", "--organisation", "acme", "--budget-usd", "20", "--window", "day", "--strict", "--json"
        )
    )["id"]
    [row] = json.loads(keys("list", "--json").stdout)
    assert (row["budget_usd"], row["window"], row["strict"]) == ("20.0", "day", True)
    assert "20.0" in keys("list").stdout

    assert keys("budget", key, "--usd", "5").stdout == f"{key} may spend 5.0 USD a month.\n"
    strictly = keys("budget", key, "--usd", "5", "--window", "total", "--strict")
    assert strictly.stdout == f"{key} may spend 5.0 USD in all, strictly.\n"
    assert made(keys("budget", key, "--usd", "7", "--json"))["budget_usd"] == "7.0"
    assert keys("budget", key, "--none").stdout == f"{key} may spend what its organisation allows.\n"


def test_a_budget_is_an_amount_or_none(keys: Command) -> None:
    for arguments in ((), ("--usd", "5", "--none")):
        result = keys("budget", "key_0123456789abcdef", *arguments)
        assert result.exit_code == 2
        assert "Give either --usd or --none." in result.stderr
