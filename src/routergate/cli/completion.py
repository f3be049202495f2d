"""Completion in shells."""

import click

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ROUTERGATE_COMPLETE"
"""With which a shell asks for completions."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands and options.

    \b
    Examples:
      eval "$(routergate completion bash)"                       # in ~/.bashrc
      eval "$(routergate completion zsh)"                        # in ~/.zshrc
      routergate completion fish > ~/.config/fish/completions/routergate.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"Nobody knows how to complete in {shell}; there are {', '.join(SHELLS)}.")
    click.echo(made(context.find_root().command, {}, "routergate", VARIABLE).source())
