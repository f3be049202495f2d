"""Whether routes keep their promises, and how requests are decided on."""

from panels import Dashboard, Row, Variable, lines, quantile, stat

ROUTE, MODEL = 'route=~"$route"', 'model=~"$model"'
BOTH = f"{ROUTE}, {MODEL}"


def grown(metric: str, by: str, where: str = ROUTE) -> str:
    """How fast a counter grows, apart by some of its labels."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def ranged(metric: str, where: str = ROUTE) -> str:
    """How much a counter has grown in the time shown."""
    return f"sum(increase({metric}{{{where}}}[$__range]))"


ESTIMATED = "routergate_quality_estimate"
SUMMARY = Row(
    title="In the time shown",
    panels=[
        stat("Expected quality", "Mean estimated probability that an answer is acceptable.", "percentunit",
             f"{ranged(ESTIMATED + '_sum')} / ({ranged(ESTIMATED + '_count')} > 0)", 1),
        stat("Below the promise", "Share of answers whose estimate is below the threshold that was promised.",
             "percentunit", f"{ranged('routergate_below_threshold_total')} / ({ranged(ESTIMATED + '_count')} > 0)", 1),
        stat("Mean rating", "What callers say, 0 to 1; only of those who say something.", "percentunit",
             f"{ranged('routergate_feedback_rating_total', BOTH)} / ({ranged('routergate_feedback_total', BOTH)} > 0)",
             1),
        stat("Ratings", "How many callers have said something.", "short",
             ranged("routergate_feedback_total", BOTH), 0),
        stat("Escalated", "Share of requests answered by another model than the one tried first.", "percentunit",
             f"{ranged('routergate_escalations_total')} / ({ranged('routergate_requests_total')} > 0)", 1),
        stat("Deciding", "Classify and route, 99 of 100 requests.", "s",
             "histogram_quantile(0.99, sum by (le) (increase(routergate_decision_seconds_bucket[$__range])))"),
    ],
)  # fmt: skip
PROMISE = Row(
    title="The promise",
    panels=[
        lines("Expected quality against the threshold", "Mean estimate by route, and what the route declares.",
              "percentunit",
              ("{{route}}", f"{grown(ESTIMATED + '_sum', 'route')} / ({grown(ESTIMATED + '_count', 'route')} > 0)"),
              ("{{route}} threshold", f"max by (route) (routergate_quality_threshold{{{ROUTE}}})"), most=1),
        lines("Answers below the promise", "Share by route: no better model could be asked.", "percentunit",
              ("{{route}}", f"route:routergate_below_threshold:ratio5m{{{ROUTE}}}")),
        lines("The lowest tenth of estimates", "A tenth of a route's answers is expected to be worse than this.",
              "percentunit", ("{{route}}", quantile(0.1, ESTIMATED, "route", f"{{{ROUTE}}}")), most=1),
        lines("Ratings against estimates", "Means by model, of the same answers.", "percentunit",
              ("{{model}} rated", "{} / ({} > 0)".format(
                  *(grown(f"routergate_feedback_{name}total", "model", BOTH + ', model!="none"')
                    for name in ("rating_", "")))),
              ("{{model}} expected", "{} / ({} > 0)".format(
                  *(grown(f"routergate_feedback_{name}total", "model", BOTH + ', model!="none"')
                    for name in ("estimate_", "")))), most=1),
        lines("Ratings per hour", "By model; none: nobody knows any more what was answered.", "short",
              ("{{model}}", f"3600 * {grown('routergate_feedback_total', 'model', MODEL)}")),
        lines("Escalations by reason", "Why the first answer was not given; failure: there was none.", "reqps",
              ("{{reason}}", grown("routergate_escalations_total", "reason"))),
    ],
)  # fmt: skip
DECISIONS = Row(
    title="Decisions",
    panels=[
        lines("Requests by complexity", "How hard requests are found to be.", "reqps",
              ("{{level}}", grown("routergate_levels_total", "level")), stacked=True),
        lines("Hard requests by class", "Who answers what is hard or for the frontier.", "reqps",
              ("{{level}} {{class}}",
               grown("routergate_levels_total", "level, class", ROUTE + ', level=~"hard|frontier"')), stacked=True),
        lines("Easy requests by class", "Who answers what is simple or medium: frontier models should not.", "reqps",
              ("{{level}} {{class}}",
               grown("routergate_levels_total", "level, class", ROUTE + ', level=~"simple|medium"')), stacked=True),
        lines("Answers by model", "Who answers; none: nobody did.", "reqps",
              ("{{model}}", grown("routergate_requests_total", "model", BOTH)), stacked=True),
        lines("Deciding", "What classify and route take of a request.", "s",
              ("p50", quantile(0.5, "routergate_decision_seconds")),
              ("p99", quantile(0.99, "routergate_decision_seconds"))),
        lines("Models that nobody serves", "1: some server is known to serve it, 0: none is.", "none",
              ("{{model}}", f"max by (model) (routergate_model_up{{{MODEL}}})"), most=1),
    ],
)  # fmt: skip
ANSWERS = Row(
    title="Answers",
    panels=[
        lines("Calls beside silent ones", "Hedges by result: won, lost or failed.", "reqps",
              ("{{result}}", grown("routergate_hedges_total", "result"))),
        lines("Broken answers that went on", "Given whole, because another call went on.", "reqps",
              ("{{route}}", grown("routergate_continued_answers_total", "route"))),
        lines("Output tokens per answer", "Mean tokens that a model writes for a request.", "short",
              ("{{model}}",
               grown("routergate_tokens_total", "model", MODEL + ', kind="output"')
               + " / (" + grown("routergate_requests_total", "model", MODEL) + " > 0)")),
        lines("Time to first token, p95 by model", "From a request's arrival to the first piece of its answer.", "s",
              ("{{model}}", quantile(0.95, "routergate_time_to_first_token_seconds", "model", f"{{{MODEL}}}"))),
        lines("Length of streams, p95 by model", "From the first piece of a streamed answer to its end.", "s",
              ("{{model}}", quantile(0.95, "routergate_stream_seconds", "model", f"{{{MODEL}}}"))),
        lines("Kept answers", "Share of looks for a kept answer that found one.", "percentunit",
              ("{{route}}", grown("routergate_cache_total", "route", ROUTE + ', result="hit"')
               + " / (" + grown("routergate_cache_total", "route") + " > 0)"), most=1),
    ],
)  # fmt: skip
QUALITY = Dashboard(
    name="quality",
    title="routing quality",
    description="Whether routes keep their promises, what callers say, and how requests are decided on.",
    variables=[
        Variable(name="route", label="Route", query="label_values(routergate_quality_threshold, route)"),
        Variable(name="model", label="Model", query="label_values(routergate_model_info, model)"),
    ],
    rows=[SUMMARY, PROMISE, DECISIONS, ANSWERS],
)  # fmt: skip
