"""`python -m routergate.cli`."""

from routergate.cli import main

main(prog_name="routergate")
