"""Configuration files for tests."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from routergate.config.load import load
from routergate.config.spec import Config
from routergate.domain.errors import ConfigError

ENV = {"OPENAI_API_KEY": "sk-openai-0123456789", "ANTHROPIC_API_KEY": "sk-ant-0123456789"}

OUTLINE = """\
version: 1
providers:
  openai:     {kind: openai, base_url: https://api.openai.com/v1, api_key: ${OPENAI_API_KEY}}
  anthropic:  {kind: litellm, api_key: ${ANTHROPIC_API_KEY}}
  legal-gpus: {kind: vllm, replicas: [http://vllm-0:8000/v1, http://vllm-1:8000/v1], region: eu}
models:
  gpt-4o-mini:
    provider: openai
    class: economy
    capabilities: [tools, vision, json_schema]
    context_tokens: 128000
    prices:
      - {from: 2024-07-18, input: 0.15, cache_read: 0.075, output: 0.60}     # USD per million tokens
  gpt-4o: {provider: openai, class: frontier}
  contracts-7b:
    provider: legal-gpus
    class: self_hosted
    category: fine_tuned
    context_tokens: 32768
    serves: [contract-review]
    asset:
      training:
        cost: 400000
        in_service: 2026-01-15
        method: units_of_production
        expected_requests: 10000000
        life_months: 18
      hosting: {gpus: 2, gpu_hour: 2.50}
      maintenance: {monthly: 12000}
tasks:
  contract-review: {match: {features: [contracts], examples: ["Review this NDA for …"]}}
routes:
  auto:
    candidates: [contracts-7b, gpt-4o-mini, gpt-4o]
    baseline: gpt-4o
    quality: 0.95             # of the baseline's
    cost_basis: marginal
    cascade: {escalate_when: [invalid_json, refusal, low_confidence]}
    residency: any
organisations:
  acme: {timezone: Europe/Berlin, budgets: [{scope: organisation, usd: 5000, window: month}]}
"""
"""Every section of the format."""

SMALL = """\
providers:
  openai: {kind: openai}
models:
  gpt-4o-mini: {provider: openai, class: economy}
  gpt-4o: {provider: openai, class: frontier}
"""
"""The least that works; six lines with whatever is appended."""


def loaded(folder: Path, text: str, env: Mapping[str, str] = ENV) -> Config:
    """The configuration that `text` makes, read from a file in `folder`."""
    path = folder / "routergate.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, env)


def problems(folder: Path, text: str, env: Mapping[str, str] = ENV) -> list[str]:
    """What is wrong with `text`, each as `line: place: problem`."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, env)
    prefix = f"{folder / 'routergate.yaml'}:"
    return [problem.removeprefix(prefix) for problem in caught.value.problems]
