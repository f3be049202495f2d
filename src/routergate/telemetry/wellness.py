"""The metrics of how providers fare: a part of the table."""

from routergate.telemetry.metric import Across, Kind, Metric

CIRCUIT = Metric(
    name="routergate_circuit_state",
    kind=Kind.GAUGE,
    labels=("provider",),
    unit="0, 1 or 2",
    help="The worst circuit of a provider, whatever the server, model or worker: 0 closed, 1 half-open (one "
    "call at a time finds out whether it is well again), 2 open (passed over for now).",
    across=Across.MAX,
)
CIRCUITS_OPENED = Metric(
    name="routergate_circuits_opened_total",
    labels=("provider", "cause"),
    unit="circuits",
    help="Closed circuits that were opened, by cause: failures, late (far slower than its peers), asked (the "
    "provider wants to be left alone), spent (its allowance is used up), or probe.",
)
MODEL_UP = Metric(
    name="routergate_model_up",
    kind=Kind.GAUGE,
    labels=("model", "provider"),
    unit="0 or 1",
    help="Whether some server's circuit for the model is closed, as every worker sees it; NaN: not declared "
    "any more.",
    across=Across.MIN,
)
MODEL_INFO = Metric(
    name="routergate_model_info",
    kind=Kind.GAUGE,
    labels=("model", "provider", "class"),
    unit="always 1",
    help="The models that are declared, to join others by; NaN: not any more.",
    across=Across.MAX,
)
CALLS_RUNNING = Metric(
    name="routergate_calls_running",
    kind=Kind.GAUGE,
    labels=("provider",),
    unit="calls",
    help="Calls to a provider that have not ended.",
    across=Across.SUM,
)
PROBES = Metric(
    name="routergate_probes_total",
    labels=("provider", "result"),
    unit="probes",
    help="Looks at servers that nobody asks, by result: well or unwell.",
)
