"""The command `cdk-lambda-patterns`: each module in this folder is a subcommand, each folder a group of them.

A subcommand has a docstring, whose first line is its help, and two functions:

    def add_arguments(parser: argparse.ArgumentParser) -> None
    def run(arguments: argparse.Namespace) -> int             # the exit code

It imports what takes long in `run`: only the subcommand that was typed is imported, and `--help` imports them all.
"""
