from decimal import Decimal
from pathlib import Path

import pytest

from routergate.config.load import load
from routergate.config.spec import AlertFormat
from routergate.domain.budget import Away, Budget, Calendar, Limit, Measure, Policy, Scope, Window
from routergate.domain.errors import ConfigError
from support.configs import SMALL, loaded


def acme(rules: str) -> str:
    return f"{SMALL}routes: {{auto: {{candidates: [gpt-4o]}}}}\norganisations: {{acme: {{{rules}}}}}"


def problem_of(folder: Path, rules: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, acme(rules))
    [problem] = caught.value.problems
    return problem.partition("organisations.acme.")[2]


def test_a_budget_in_money_is_kept_in_nano_dollars(tmp_path: Path) -> None:
    config = loaded(tmp_path, acme("budgets: [{scope: team, usd: 0.10, window: month}]"))
    assert config.rules.of("acme").budgets == (
        Budget(scope=Scope.TEAM, measure=Measure.CASH, limit=100_000_000, window=Window.MONTH),
    )


def test_each_measure_and_each_window_is_a_budget_for_itself(tmp_path: Path) -> None:
    written = "{scope: organisation, usd: 1, requests: 5, window: [day, fiscal_month]}"
    config = loaded(tmp_path, acme(f"budgets: [{written}]"))
    assert [(one.measure, one.window) for one in config.rules.of("acme").budgets] == [
        (Measure.CASH, Window.DAY),
        (Measure.REQUESTS, Window.DAY),
        (Measure.CASH, Window.FISCAL_MONTH),
        (Measure.REQUESTS, Window.FISCAL_MONTH),
    ]


def test_everything_that_a_budget_can_say_is_heeded(tmp_path: Path) -> None:
    written = (
        "{scope: customer, of: globex, usd: 2, window: day, when_reached: downgrade, least_quality: 0.7, "
        "soft: [0.95, 0.8], unpriced: serve, when_store_away: refuse}"
    )
    [budget] = loaded(tmp_path, acme(f"budgets: [{written}]")).rules.of("acme").budgets
    assert budget == Budget(
        scope=Scope.CUSTOMER,
        of="globex",
        measure=Measure.CASH,
        limit=2_000_000_000,
        window=Window.DAY,
        when_reached=Policy.DOWNGRADE,
        least_quality=0.7,
        soft=(Decimal("0.8"), Decimal("0.95")),
        unpriced=True,
        when_store_away=Away.REFUSE,
    )


def test_a_strict_budget_refuses_while_the_store_is_away_unless_it_says_otherwise(tmp_path: Path) -> None:
    plain = loaded(tmp_path, acme("budgets: [{scope: key, usd: 1, window: day, mode: strict}]"))
    served = loaded(
        tmp_path,
        acme("budgets: [{scope: key, usd: 1, window: day, mode: strict, when_store_away: serve}]"),
    )
    assert plain.rules.of("acme").budgets[0].when_store_away is Away.REFUSE
    assert served.rules.of("acme").budgets[0].when_store_away is Away.SERVE
    assert served.warnings == (
        "organisations.acme.budgets[0]: is strict, but while Redis is away each process counts for itself",
    )


def test_limits_have_seconds_or_count_what_runs(tmp_path: Path) -> None:
    written = "{scope: key, requests: 60, per: minute}, {scope: provider, of: openai, concurrent: 4}"
    config = loaded(tmp_path, acme(f"limits: [{written}]"))
    assert config.rules.of("acme").limits == (
        Limit(scope=Scope.KEY, measure=Measure.REQUESTS, limit=60, seconds=60),
        Limit(scope=Scope.PROVIDER, of="openai", measure=Measure.CONCURRENCY, limit=4),
    )


def test_days_begin_in_the_organisations_time_zone(tmp_path: Path) -> None:
    config = loaded(tmp_path, acme("timezone: Asia/Tokyo, fiscal_month_start: 26"))
    assert config.rules.of("acme").calendar == Calendar(timezone="Asia/Tokyo", fiscal_month_start=26)


def test_a_star_stands_for_organisations_that_are_not_declared(tmp_path: Path) -> None:
    star = '"*": {limits: [{scope: organisation, requests: 5, per: second}]}'
    config = loaded(tmp_path, f"{SMALL}organisations: {{acme: {{}}, {star}}}")
    assert config.rules.of("acme").limits == ()
    assert [one.limit for one in config.rules.of("globex").limits] == [5]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (
            "budgets: [{scope: team, usd: 1, window: day, mode: strict, when_reached: downgrade}]",
            (
                "budgets[0]: is strict, so nothing may pass it, and yet lets requests through "
                "when it is reached; "
                "write when_reached: refuse, or mode: expected"
            ),
        ),
        (
            "budgets: [{scope: team, requests: 1, window: day, basis: loaded}]",
            "budgets[0]: has basis loaded, but no usd; remove it",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: day, least_quality: 0.5}]",
            (
                "budgets[0]: has least_quality, which only when_reached: downgrade heeds; remove "
                "it, or write "
                "downgrade"
            ),
        ),
        (
            "budgets: [{scope: team, tokens: 1, window: day, unpriced: serve}]",
            "budgets[0]: has unpriced, but no usd; remove it",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: day, mode: strict, unpriced: serve}]",
            (
                "budgets[0]: is strict, and serves models of which nobody knows what they cost; "
                "write unpriced: "
                "refuse, or mode: expected"
            ),
        ),
        (
            "budgets: [{scope: team, usd: 10000000, window: day}]",
            "budgets[0]: is more than can be counted exactly; write at most 9000000 usd or 9e15 tokens",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: [day, day]}]",
            "budgets[0]: names a window twice; keep each once",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: day, soft: [0.8, 0.80]}]",
            "budgets[0]: names a soft threshold twice; keep each once",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: day, soft: [1.5]}]",
            "budgets[0].soft[0]: must be at most 1",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: day, soft: [0]}]",
            "budgets[0].soft[0]: must be more than 0",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: [day, month]}, {scope: team, usd: 2, window: day}]",
            "budgets[1]: counts the same as budgets[0]; keep the tighter of them",
        ),
        (
            "budgets: [{scope: model, of: gpt-4, usd: 1, window: day}]",
            "budgets[0].of: no model is called 'gpt-4'; did you mean 'gpt-4o'?",
        ),
        (
            "budgets: [{scope: route, of: atuo, usd: 1, window: day}]",
            "budgets[0].of: no route is called 'atuo'; did you mean 'auto'?",
        ),
        (
            "limits: [{scope: provider, of: opnai, concurrent: 1}]",
            "limits[0].of: no provider is called 'opnai'; did you mean 'openai'?",
        ),
        (
            "budgets: [{scope: organisation, of: globex, usd: 1, window: day}]",
            "budgets[0].of: an organisation's rules are for itself; remove it",
        ),
        (
            "budgets: [{scope: team, usd: 1, window: dya}]",
            (
                "budgets[0].window[0]: 'dya' is not one of minute, hour, day, week, month, "
                "fiscal_month, quarter, "
                "year, total; did you mean 'day'?"
            ),
        ),
        (
            "limits: [{scope: key, requests: 5, tokens: 10, per: minute}]",
            (
                "limits[0]: takes exactly one of requests, tokens, input_tokens, output_tokens "
                "and concurrent; "
                "write a limit for each"
            ),
        ),
        (
            "limits: [{scope: key, requests: 5}]",
            "limits[0]: has no window; add per: minute, or another of second, hour, day",
        ),
        (
            "limits: [{scope: key, concurrent: 5, per: minute}]",
            "limits[0]: is on what runs at the same time, which has no window; remove per",
        ),
        (
            "limits: [{scope: key, requests: 5, per: minute}, {scope: key, requests: 6, per: minute}]",
            "limits[1]: counts the same as limits[0]; keep the tighter of them",
        ),
        ("fiscal_month_start: 29", "fiscal_month_start: must be at most 28"),
    ],
)
def test_a_contradiction_is_told_with_its_place_and_its_remedy(
    tmp_path: Path, rules: str, problem: str
) -> None:
    assert problem_of(tmp_path, rules) == problem


def test_budgets_that_differ_in_their_policy_may_watch_the_same_counter(tmp_path: Path) -> None:
    cheaper = "{scope: team, usd: 8, window: day, when_reached: downgrade}"
    config = loaded(tmp_path, acme(f"budgets: [{cheaper}, {{scope: team, usd: 10, window: day}}]"))
    assert [one.limit for one in config.rules.of("acme").budgets] == [8_000_000_000, 10_000_000_000]


def test_an_alerts_url_comes_from_the_environment_and_shows_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "routergate.yaml"
    path.write_text(f"{SMALL}alerts: [{{url: '${{HOOK}}', format: slack}}]")
    config = load(path, {"HOOK": "https://hooks.example.com/services/secret?token=1"})
    [alert] = config.alerts
    assert alert.url.reveal() == "https://hooks.example.com/services/secret?token=1"
    assert alert.format is AlertFormat.SLACK
    assert "secret" not in repr(config)
    assert config.warnings == ()


def test_an_alerts_url_in_the_file_is_warned_of(tmp_path: Path) -> None:
    config = loaded(tmp_path, f"{SMALL}alerts: [{{url: 'https://hooks.example.com/secret'}}]")
    assert config.warnings == (
        "alerts[0].url: stands in the file for everybody to read; write ${NAME} or ${file:/path}",
    )


@pytest.mark.parametrize(
    ("alerts", "problem"),
    [
        ("[{url: 'ftp://secret'}]", "expected a URL such as https://hooks.example.com/alerts"),
        ("[{url: 'https://me:secret@h/x'}]", "expected a URL without credentials, fragment or spaces"),
        ("[{url: 'https://h/s'}, {url: 'https://h/s'}]", "is the same as alerts[0]; keep one of them"),
        ("[{url: 'https://h/s', organisation: nobody}]", "no organisation is called 'nobody'"),
    ],
)
def test_a_wrong_alert_is_told_of_without_its_url(tmp_path: Path, alerts: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"{SMALL}alerts: {alerts}")
    [told] = caught.value.problems
    assert told.endswith(problem)
    assert "secret" not in told
