"""What is said of a bad file: the line, the place, the mistake and the remedy."""

from pathlib import Path

import pytest

from routergate.config.load import load
from routergate.domain.errors import ConfigError
from support.configs import ENV, OUTLINE, SMALL, loaded, problems

HASH = "sha256:" + "a" * 64


def test_every_problem_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        OUTLINE.replace("provider: openai\n", "provider: opnai\n")
        .replace("class: self_hosted", "class: selfhosted")
        .replace("baseline:", "basline:")
        .replace("contracts-7b, gpt", "contract-7b, gpt")
        .replace("${ANTHROPIC_API_KEY}", "${ANTHROPIC_KEY}")
    )
    unset = "the environment variable ANTHROPIC_KEY is not set; set it, or write ${ANTHROPIC_KEY:-default}"
    choice = "'selfhosted' is not one of economy, self_hosted, frontier; did you mean 'self_hosted'?"
    assert problems(tmp_path, text) == [
        f"4: providers.anthropic.api_key: {unset}",
        "8: models.gpt-4o-mini.provider: no provider is called 'opnai'; did you mean 'openai'?",
        f"17: models.contracts-7b.class: {choice}",
        "34: routes.auto.candidates[0]: no model is called 'contract-7b'; did you mean 'contracts-7b'?",
        "35: routes.auto.basline: unknown key 'basline'; did you mean 'baseline'?",
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{kind: vllm}", ": is of kind vllm and needs base_url or replicas, such as http://vllm-0:8000/v1"),
        (
            "{kind: opnai}",
            ".kind: 'opnai' is not one of openai, azure, vllm, anthropic, litellm; did you mean 'openai'?",
        ),
        (
            "{kind: litellm, replicas: [http://a/v1]}",
            ": is of kind litellm, which knows no replicas; declare a provider for each, or use kind openai",
        ),
        (
            "{kind: vllm, base_url: http://a/v1, replicas: [http://b/v1]}",
            ": has both base_url and replicas; keep one of them",
        ),
        ("{kind: vllm, replicas: [http://a, http://a/]}", ": names a replica twice; keep each once"),
        ("{kind: vllm, replicas: []}", ".replicas: must not be empty"),
        (
            "{kind: litellm, probe: {every: 5}}",
            ": is of kind litellm, which cannot be probed; remove probe",
        ),
        (
            "{kind: openai, spill_after: 5}",
            ": does not tell its load, as only kind vllm does; remove spill_after",
        ),
        ("{kind: openai, outliers: {latency: 1}}", ".outliers.latency: must be more than 1"),
        ("{kind: openai, probe: {path: health}}", ".probe.path: expected a path such as /health"),
        (
            "{kind: openai, balance: prefixes}",
            ".balance: 'prefixes' is not one of least_outstanding, latency, prefix; did you mean 'prefix'?",
        ),
        (
            "{kind: openai, base_url: ftp://x}",
            ".base_url: expected a URL such as https://api.example.com/v1",
        ),
        (
            "{kind: openai, base_url: http://me:secret@x/v1}",
            ".base_url: credentials do not belong in a URL; use api_key or headers",
        ),
        (
            "{kind: openai, base_url: http://x/v1?key=secret}",
            ".base_url: expected a URL without query, fragment or spaces",
        ),
        (
            "{kind: openai, base_url: 'http://x:port'}",
            ".base_url: expected a URL such as https://api.example.com/v1",
        ),
        (
            "{kind: openai, base_url: 'http://[x'}",
            ".base_url: expected a URL such as https://api.example.com/v1",
        ),
        ("{base_url: http://a}", ".kind: is missing"),
        (
            "{kind: openai, timeouts: {conect: 1}}",
            ".timeouts.conect: unknown key 'conect'; did you mean 'connect'?",
        ),
        ("{kind: openai, timeouts: {connect: soon}}", ".timeouts.connect: expected a number"),
        ("{kind: openai, timeouts: {connect: 0}}", ".timeouts.connect: must be more than 0"),
        ("{kind: openai, timeouts: 5}", ".timeouts: expected a mapping, such as 'name: value'"),
        ("{kind: openai, stream_usage: maybe}", ".stream_usage: expected true or false"),
        ("{kind: openai, api_key: [a]}", ".api_key: expected text"),
        ('{kind: openai, headers: {a: "b\\nc"}}', ".headers.a: must be printable, on one line"),
        ("", ".kind: is missing"),
    ],
)
def test_a_provider_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, f"providers:\n  p: {written}\n") == [f"2: providers.p{expected}"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ".context_tokens: is missing, and the price map does not know 'm'; write it, such as 32768"),
        ("context_tokens: many", ".context_tokens: expected a whole number"),
        ("context_tokens: -1", ".context_tokens: must be more than 0"),
        (
            "context_tokens: ${NO}",
            ".context_tokens: the environment variable NO is not set; set it, or write ${NO:-default}",
        ),
    ],
)
def test_a_model_needs_to_say_what_it_has_room_for(tmp_path: Path, written: str, expected: str) -> None:
    text = SMALL + f"  m: {{provider: openai, class: economy, {written}}}\n"
    assert problems(tmp_path, text) == [f"6: models.m{expected}"]


CAPABILITIES = "tools, vision, audio, json_mode, json_schema, reasoning, prefill, embeddings"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("clas: economy", [".clas: unknown key 'clas'; did you mean 'class'?"]),
        ("serves: [maths]", [".serves[0]: no task is called 'maths'; did you mean 'math'?"]),
        ("quality: {maths: 1}", [".quality.maths: no task is called 'maths'; did you mean 'math'?"]),
        ("quality: 1.5", [".quality.default: must be at most 1"]),
        (
            "capabilities: [vison]",
            [f".capabilities[0]: 'vison' is not one of {CAPABILITIES}; did you mean 'vision'?"],
        ),
        ("capabilities: tools", [".capabilities: expected a list, such as [a, b]"]),
        (
            "prices: [{from: 2026-01-01, input: 1, output: 1}, {from: 2026-01-01, input: 2, output: 2}]",
            [".prices[1].from: prices[0] starts on 2026-01-01 too; keep one of them"],
        ),
        (
            "prices: [{from: yesterday, input: 1, output: 1}]",
            [".prices[0].from: expected a date such as 2026-01-31"],
        ),
        (
            "prices: [{from: 2026-01-01, inptu: 1, output: 1}]",
            [
                ".prices[0].input: is missing",
                ".prices[0].inptu: unknown key 'inptu'; did you mean 'input'?",
            ],
        ),
        (
            "prices: [{from: 2026-01-01, input: -1, output: .inf}]",
            [".prices[0].input: must be at least 0", ".prices[0].output: expected a number"],
        ),
        (
            "prices: [{from: 2026-01-01, input: 0.0000000000001, output: 1}]",
            [".prices[0].input: has more digits than money can have"],
        ),
        (
            "asset: {training: {cost: 1, in_service: 2026-01-01}}",
            [".asset.training: straight_line needs life_months"],
        ),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: list[str]) -> None:
    text = SMALL + f"  m: {{provider: openai, class: economy, context_tokens: 1, {written}}}\n"
    assert problems(tmp_path, text) == [f"6: models.m{problem}" for problem in expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("candidates: []", ".candidates: must not be empty"),
        ("quality: 1", ".candidates: is missing"),
        (
            "candidates: [gpt-4o, gpt-4o]",
            ".candidates[1]: 'gpt-4o' is a candidate already; keep it once",
        ),
        (
            "candidates: [gpt-4o], baseline: gpt-5o",
            ".baseline: no model is called 'gpt-5o'; did you mean 'gpt-4o'?",
        ),
        (
            "candidates: [gpt-4o], baseline: x",
            ".baseline: no model is called 'x'; known: gpt-4o, gpt-4o-mini",
        ),
        ("candidates: [gpt-4o], quality: 95", ".quality: must be at most 1"),
        ("candidates: [gpt-4o], residency: eu", ".residency: no candidate is in the region 'eu'"),
        (
            "candidates: [gpt-4o], cascade: {escalate_when: [refused]}",
            (
                ".cascade.escalate_when[0]: 'refused' is not one of "
                "empty, refusal, truncated, invalid_json, rule, low_confidence; "
                "did you mean 'refusal'?"
            ),
        ),
        ("candidates: [gpt-4o], on_break: go_on", ".on_break: 'go_on' is not one of error, continue"),
        *(
            (
                f"candidates: [gpt-4o], hedge: {{after: {after}}}",
                ".hedge.after: expected p95, or seconds: a number of more than 0 and at most 86400",
            )
            for after in ("p99", "0", "true", ".inf", "90000")
        ),
        (
            "candidates: [gpt-4o, gpt-4o-mini], cascade: {escalate_when: [rule]}",
            ".cascade.escalate_when: 'rule' needs must_match or must_not_match; add one",
        ),
        (
            "candidates: [gpt-4o, gpt-4o-mini], cascade: {escalate_when: [empty], must_match: [a]}",
            ".cascade.escalate_when: nobody looks at the patterns; add 'rule' to the list",
        ),
        (
            (
                "candidates: [gpt-4o, gpt-4o-mini], "
                "cascade: {escalate_when: [rule], must_not_match: [a], must_match: ['(']}"
            ),
            (
                ".cascade.must_match[0]: not a regular expression "
                "(missing ), unterminated subpattern at position 0)"
            ),
        ),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, SMALL + f"routes: {{a: {{{written}}}}}") == [f"6: routes.a{expected}"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "routes: {a b: {candidates: [gpt-4o]}}",
            "6: routes.a b: a name is 1 to 256 letters, digits or signs, without spaces",
        ),
        (
            "routes: {direct: {candidates: [gpt-4o]}}",
            "6: routes.direct: 'direct' stands for requests that name a model; choose another name",
        ),
        (
            "organisations: {acme: {timezone: Europe/Berln}}",
            (
                "6: organisations.acme.timezone: there is no time zone 'Europe/Berln'; "
                "did you mean 'Europe/Berlin'?"
            ),
        ),
        (
            "organisations: {acme: {timezone: ../etc}}",
            (
                "6: organisations.acme.timezone: there is no time zone '../etc'; "
                "expected one such as Europe/Berlin"
            ),
        ),
        (
            "organisations: {acme: {budgets: [{scope: team, window: day}]}}",
            (
                "6: organisations.acme.budgets[0]: limits nothing; add usd, tokens, input_tokens, "
                "output_tokens or requests"
            ),
        ),
        (
            f"keys:\n  - {{hash: '{HASH}', organisation: a}}\n  - {{hash: '{HASH}', organisation: b}}",
            "8: keys[1].hash: keys[0] has the same hash; keep one of them",
        ),
        (
            "keys: [{hash: abc, organisation: a}]",
            "6: keys[0].hash: expected 'sha256:' and 64 hexadecimal digits in lower case",
        ),
        (
            f"keys: [{{hash: '{HASH}', organisation: a, allow: [gpt-4]}}]",
            "6: keys[0].allow[0]: no route or model is called 'gpt-4'; did you mean 'gpt-4o'?",
        ),
        (
            f"keys: [{{hash: '{HASH}', organisation: a, ips: [10.1.2.3/8]}}]",
            (
                "6: keys[0].ips[0]: has bits behind its prefix: write 10.0.0.0/8, or an address "
                "such as 10.0.0.0/8 or 2001:db8::7"
            ),
        ),
        (f"keys: [{{hash: '{HASH}', organisation: a, ips: []}}]", "6: keys[0].ips: must not be empty"),
        (
            f"keys: [{{hash: '{HASH}', organisation: a, regions: [eu]}}]",
            "6: keys[0].regions[0]: no model is in the region 'eu'",
        ),
        (
            f"keys: [{{hash: '{HASH}', organisation: a, expires: 90d}}]",
            "6: keys[0].expires: expected a date such as 2026-01-31",
        ),
        (
            "server: {metric_labels: [teams]}",
            (
                "6: server.metric_labels[0]: 'teams' is not one of organisation, team, key, customer, "
                "feature; did you mean 'team'?"
            ),
        ),
        ("server: {max_body_mb: 0.5}", "6: server.max_body_mb: expected a whole number"),
        ("version: 2", "6: version: must be 1"),
        ("modles: {}", "6: modles: unknown key 'modles'; did you mean 'models'?"),
        ("routes: [a]", "6: routes: expected a mapping, such as 'name: value'"),
    ],
)
def test_anything_else_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, SMALL + written) == [expected]


def test_references_to_a_part_that_is_wrong_itself_are_not_told(tmp_path: Path) -> None:
    text = SMALL.replace("class: frontier", "class: best") + "routes: {a: {candidates: [gpt-4o]}}"
    assert problems(tmp_path, text) == [
        "5: models.gpt-4o.class: 'best' is not one of economy, self_hosted, frontier"
    ]


def test_a_missing_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(path, {})


def test_an_empty_file_is_told_to_be_of_no_use(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").warnings == ("models: none is declared, so nothing can be answered",)


def test_a_key_of_an_undeclared_organisation_is_said(tmp_path: Path) -> None:
    text = SMALL + f"organisations: {{acme: {{}}}}\nkeys: [{{hash: '{HASH}', organisation: acmee}}]"
    assert loaded(tmp_path, text).warnings == (
        "keys[0].organisation: 'acmee' is not declared; did you mean 'acme'?",
    )


def test_the_whole_outline_has_no_problem(tmp_path: Path) -> None:
    assert loaded(tmp_path, OUTLINE, ENV).catalogue.models
