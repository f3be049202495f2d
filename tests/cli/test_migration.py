import json
from pathlib import Path

from support.gateway import run_command

STARTER = Path(__file__).parent.parent / "config" / "migration" / "starter.yaml"
KEYS = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY"), "sk-0123456789")
ENVIRONMENT = {**KEYS, "SLACK_WEBHOOK_URL": "https://hooks.example/x"}


def test_a_configuration_is_written_and_passes_the_check(tmp_path: Path) -> None:
    out = str(tmp_path / "routergate.yaml")
    done = run_command(KEYS, "import", "litellm", str(STARTER), "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"warning: {STARTER}:24: model_list[6]: is a wildcard" in done.stderr
    assert "To set in the environment: SLACK_WEBHOOK_URL\n" in done.stderr
    assert f"routergate check --config {out}" in done.stderr
    check = run_command(ENVIRONMENT, "check", "--config", out)
    assert (check.returncode, "good. 5 models, 5 routes." in check.stdout) == (0, True)


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "routergate.yaml"
    out.write_text("mine")
    done = run_command({}, "import", "litellm", str(STARTER), "--out", str(out))
    assert (done.returncode, "exists already" in done.stderr, out.read_text()) == (2, True, "mine")


def test_without_a_file_it_is_printed_and_as_json_for_programs() -> None:
    plain = run_command({}, "import", "litellm", str(STARTER))
    told = json.loads(run_command({}, "import", "litellm", str(STARTER), "--json").stdout)
    assert plain.stdout == told["config"]
    assert told["variables"] == [
        "ANTHROPIC_API_KEY",
        "MISTRAL_API_KEY",
        "OPENAI_API_KEY",
        "SLACK_WEBHOOK_URL",
    ]
    assert any("is a wildcard" in warning for warning in told["warnings"])


def test_what_is_no_configuration_ends_with_the_reason(tmp_path: Path) -> None:
    done = run_command({}, "import", "litellm", str(tmp_path / "none.yaml"))
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)
