"""Reads a file of parameters (YAML) and says at once what is wrong with it, before anything is built or
sent: python parameters.py CONNECTOR ARCHITECTURE STACK FILE OUT. OUT gets them as SAM takes them."""

import json
import pathlib
import sys

import yaml

import stack


def read(path):
    try:
        given = yaml.safe_load(pathlib.Path(path).read_text()) or {}
    except OSError as error:
        raise stack.Refused(f"{error.strerror}; see docs/deploy.md for what to put there")
    except yaml.YAMLError as error:
        raise stack.Refused(" ".join(str(error).split()))
    if not isinstance(given, dict):
        raise stack.Refused("write one `Parameter: value` on each line")
    return {str(name): plain(value) for name, value in given.items()}


def plain(value):
    """As CloudFormation spells it: YAML's own true is another word there."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(plain, value))
    return "" if value is None else str(value)


def main(connector, architecture, name, path, out):
    try:
        given = {"Connector": connector, "Architecture": architecture} | read(path)
        if given["Connector"] != connector:
            raise stack.Refused(f"Connector is {given['Connector']} there, and {connector} was asked for")
        if given["Architecture"] != architecture:
            raise stack.Refused(f"Architecture is {given['Architecture']} there: give --arch {given['Architecture']}")
        stack.PSEUDO["AWS::StackName"] = name
        stack.Stack(given)
    except stack.Refused as words:
        sys.exit(f"{path}: {words}")
    pathlib.Path(out).write_text(json.dumps(given, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
