import pytest

from routergate.domain.errors import ConfigError, ProviderThrottled
from routergate.telemetry.calls import ABANDONED, Server, failure_of
from routergate.telemetry.tracing import exported, wanted

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("more", "signals"),
    [
        ({}, {"TRACES", "METRICS"}),
        ({"OTEL_METRICS_EXPORTER": "none"}, {"TRACES"}),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "OTLP"}, {"METRICS"}),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}, set()),
    ],
)
def test_signals_go_where_the_standard_variables_say(more: dict[str, str], signals: set[str]) -> None:
    assert exported({**COLLECTOR, **more}) == signals
    assert wanted({**COLLECTOR, **more}) is bool(signals)


def test_one_signal_may_go_to_a_collector_of_its_own() -> None:
    assert exported({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}) == {"TRACES"}


def test_nothing_is_traced_unless_somebody_wants_it() -> None:
    assert not wanted({})
    assert not wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": ""})
    assert not wanted({**COLLECTOR, "OTEL_SDK_DISABLED": "true"})


def test_what_is_not_spoken_here_is_refused_by_name_all_at_once() -> None:
    wrong = {"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with pytest.raises(ConfigError) as refused:
        wanted({**COLLECTOR, **wrong})
    assert refused.value.problems == (
        "OTEL_TRACES_EXPORTER is 'zipkin': only otlp and none are known here",
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc': only http/protobuf is spoken here; "
            "collectors take it on port 4318"
        ),
    )


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://user:secret@api.example.com/v1?key=secret", ("api.example.com", 443)),
        ("http://10.0.0.7:8000/v1", ("10.0.0.7", 8000)),
        ("http://vllm/v1", ("vllm", 80)),
    ],
)
def test_of_a_servers_url_only_host_and_port_are_told(url: str, address: tuple[str, int]) -> None:
    assert tuple(Server.at("openai", url).address.values()) == address


def test_a_provider_without_a_url_has_no_address() -> None:
    assert Server.at("bedrock", None).address == {}


def test_what_ended_a_call_is_told_in_one_word() -> None:
    assert failure_of(ProviderThrottled("Wait, said the provider.")) == "throttled"
    assert failure_of(GeneratorExit()) == ABANDONED
    assert failure_of(ValueError("a prompt")) == "ValueError"
