"""What keeps the texts of requests, from what is configured."""

from collections.abc import Sequence

from routergate.capture.taking import Taking, Terms
from routergate.capture.vault import Vault
from routergate.config.spec import CaptureSpec, GuardrailSpec
from routergate.guardrails.rail import Rail
from routergate.guardrails.redaction import Redactions
from routergate.ports import Clock


def vault(spec: CaptureSpec) -> Vault:
    """Where the texts are, for the gateway and for commands alike."""
    from routergate.accounts.seal import box  # noqa: PLC0415 - cryptography takes its time to load

    return Vault(spec.folder, box(spec.key.reveal()))


def taking(spec: CaptureSpec, clock: Clock) -> Taking:
    """What keeps them."""
    return Taking(
        vault=vault(spec),
        terms={name: Terms(share=it.share, days=it.days) for name, it in spec.routes.items()},
        redactions=Redactions({name: rails(it.redactions) for name, it in spec.routes.items()}),
        most_bytes=spec.most_bytes,
        clock=clock.epoch_ns,
    )


def rails(specs: Sequence[GuardrailSpec]) -> Sequence[Rail]:
    """Guardrails as configured."""
    return [Rail(name=it.id, hook=it.hook, timeout=it.timeout, passes=it.passes) for it in specs]
