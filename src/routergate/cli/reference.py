"""The reference of commands, made from the commands."""

from collections.abc import Iterator, Mapping

import click

from routergate.cli.common import EXIT_CODES

WIDTH = 100
Names = tuple[str, ...]


def cli_reference(main: click.Group) -> str:
    """The reference in Markdown, as it stands in the documentation."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    return _INTRODUCTION.format(codes=codes) + "".join(_sections(main))


def every(main: click.Group) -> Mapping[Names, click.Command]:
    """All commands by their names, groups before what is in them; the first is `main`."""
    return dict(_walk(main, ()))


def help_of(command: click.Command, names: Names) -> str:
    """What `--help` prints, whatever the width of a terminal."""
    context = click.Context(
        command,
        info_name=" ".join(("routergate", *names)),
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    return command.get_help(context)


def _walk(command: click.Command, names: Names) -> Iterator[tuple[Names, click.Command]]:
    yield names, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _walk(command.commands[name], (*names, name))


def _sections(main: click.Group) -> Iterator[str]:
    for names, command in every(main).items():
        title = " ".join(("routergate", *names))
        yield f"\n## {title}\n\n```text\n{help_of(command, names)}\n```\n"


_INTRODUCTION = """\
# Commands

What each command says of itself with `--help`. Settings come from `ROUTERGATE_*` variables
([configuration](configuration.md)); `--config` names another file than they do.

**Exit codes.** Scripts can rely on them:

| code | meaning |
|---|---|
{codes}
**For machines.** `--json` prints JSON, and nothing else, on standard output; remarks and errors are on
standard error. Long work tells there how far it is, on a terminal only. Colours are off where the output
is no terminal, and with `NO_COLOR=1`.

**For fingers.** `eval "$(routergate completion bash)"` in `~/.bashrc` completes commands and options; zsh and
fish are known, too.
"""
