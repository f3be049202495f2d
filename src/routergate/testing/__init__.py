"""Simulated providers that are honest about being simulated, and prompts to ask them."""

from routergate.testing.calls import Call, Ended
from routergate.testing.faults import FAULTS, Faults, UnknownFault, fault_table
from routergate.testing.profile import ECONOMY, FRONTIER, VLLM, Profile
from routergate.testing.prompts import PROMPTS, Prompt
from routergate.testing.simulator import Simulator

__all__ = [
    "ECONOMY",
    "FAULTS",
    "FRONTIER",
    "PROMPTS",
    "VLLM",
    "Call",
    "Ended",
    "Faults",
    "Profile",
    "Prompt",
    "Simulator",
    "UnknownFault",
    "fault_table",
]
